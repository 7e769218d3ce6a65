import type { ProgramChange } from "./compiler.ts";

/** Version of the protocol in `docs/control.md`. */
export const PROTOCOL_VERSION = 1;

/** Notation of values in a reply: as in `--watch --json`, or as in programs. */
export type ValueForm = "json" | "text";

/** Request of a client. */
export type Request =
  | { readonly kind: "query"; readonly text: string; readonly form: ValueForm }
  | { readonly kind: "insert" | "delete"; readonly text: string }
  | ProgramChange
  | RebindRequest
  /** Moves the socket of the node to another `host:port` of its host. */
  | { readonly kind: "move"; readonly listen: string }
  | { readonly kind: "metrics" }
  /** Asks for the process, the program and the addresses of the node. */
  | { readonly kind: "describe" }
  /** Traces a predicate, or everything, until the client disconnects. */
  | { readonly kind: "trace"; readonly predicate: string | undefined; readonly form: ValueForm };

/** Gives an overlay another own address. */
export interface RebindRequest {
  readonly kind: "rebind";
  readonly overlay: string;
  /** `host:port`, or an address of another overlay in the notation of programs. */
  readonly address: string;
  /** Seconds for which the overlay also answers to its old address. Default: `GRACE_SECONDS`. */
  readonly grace?: number | undefined;
}

/** Identifier that every reply repeats, so that a client can match replies to requests. */
export type RequestId = number | string | null;

export type ParsedRequest =
  | { readonly ok: true; readonly id: RequestId; readonly request: Request }
  | { readonly ok: false; readonly id: RequestId; readonly reason: "malformed" | "version"; readonly message: string };

const LONGEST_ID = 64;

/** Parses one line. Returns a request, or an error message if the line is invalid. */
export function parseRequest(line: string): ParsedRequest {
  const fields = parseObject(line);
  if (fields === undefined) return malformed(null, "a request is one JSON object on one line");
  const id = idOf(fields);
  if (fields["v"] !== PROTOCOL_VERSION) {
    const message = `this node speaks version ${PROTOCOL_VERSION} of the control protocol: "v":${PROTOCOL_VERSION}`;
    return { ok: false, id, reason: "version", message };
  }
  const { do: action } = fields;
  const read = typeof action === "string" ? readers.get(action) : undefined;
  if (read === undefined) return malformed(id, `"do" is one of ${[...readers.keys()].join(", ")}`);
  const request = read(fields);
  return typeof request === "string" ? malformed(id, request) : { ok: true, id, request };
}

type Fields = Readonly<Record<string, unknown>>;
/** Returns the request, or a message about its fields. */
type RequestParser = (fields: Fields) => Request | string;

const readers: ReadonlyMap<string, RequestParser> = new Map<string, RequestParser>([
  ["query", (fields) => withText(fields, (text) => ({ kind: "query", text, form: formOf(fields) }))],
  ["insert", (fields) => withText(fields, (text) => ({ kind: "insert", text }))],
  ["delete", (fields) => withText(fields, (text) => ({ kind: "delete", text }))],
  ["load", ({ file }) => (typeof file === "string" ? { kind: "load", file } : `"file" is missing, or no string`)],
  ["unload", ({ name }) => (typeof name === "string" ? { kind: "unload", name } : `"name" is missing, or no string`)],
  ["reload", () => ({ kind: "reload" })],
  ["rebind", readRebind],
  [
    "move",
    ({ listen }) => (typeof listen === "string" ? { kind: "move", listen } : `"listen" is missing, or no string`),
  ],
  ["metrics", () => ({ kind: "metrics" })],
  ["describe", () => ({ kind: "describe" })],
  ["trace", readTrace],
]);

function readRebind({ overlay, address, grace }: Fields): Request | string {
  if (typeof overlay !== "string") return `"overlay" is missing, or no string`;
  if (typeof address !== "string") return `"address" is missing, or no string`;
  if (grace !== undefined && (typeof grace !== "number" || grace < 0)) return `"grace" is no number of seconds`;
  return { kind: "rebind", overlay, address, grace };
}

function readTrace(fields: Fields): Request | string {
  const { predicate } = fields;
  if (predicate !== undefined && typeof predicate !== "string") return `"predicate" is no string`;
  return { kind: "trace", predicate, form: formOf(fields) };
}

function formOf({ form }: Fields): ValueForm {
  return form === "text" ? "text" : "json";
}

function withText(fields: Fields, make: (text: string) => Request): Request | string {
  const { text } = fields;
  return typeof text === "string" ? make(text) : `"text" is missing, or no string`;
}

function parseObject(line: string): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function idOf({ id }: Fields): RequestId {
  if (typeof id === "number") return id;
  return typeof id === "string" && id.length <= LONGEST_ID ? id : null;
}

function malformed(id: RequestId, message: string): ParsedRequest {
  return { ok: false, id, reason: "malformed", message };
}
