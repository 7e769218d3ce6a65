import { existsSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { controlFolders, socketsIn } from "./control-folders.ts";
import { controlPath } from "../../../runtime/control/control-socket.ts";
import type { Reply, RequestError } from "../../../runtime/control/reply.ts";
import { PROTOCOL_VERSION, type Request } from "../../../runtime/control/request.ts";
import { canonicalHostPort, parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import type { JsonDiagnostic } from "../../../runtime/observe/json-diagnostic.ts";
import { isLoopback, isUnspecified } from "../options/address-scope.ts";
import { Failure, runFailed } from "../terminal/failure.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";

/** Timeout for the next reply. A node that is stopped (SIGSTOP), or in a long step, does not answer. */
const ANSWER_MS = 3_000;
/** Timeout for the result of a program swap, before which the node compiles the program. */
const SWAP_MS = 60_000;

/** A connection to the control socket of a running node. */
export class NodeClient {
  readonly #socket: Socket;
  readonly #replies: AsyncIterator<string>;
  readonly #name: string;
  #requests = 0;

  private constructor(name: string, socket: Socket) {
    this.#name = name;
    this.#socket = socket;
    const lines = createInterface({ input: socket, crlfDelay: Infinity });
    // A socket that fails emits no end, so the reader of lines must be closed here.
    socket.once("close", () => lines.close());
    socket.on("error", () => lines.close());
    this.#replies = lines[Symbol.asyncIterator]();
  }

  /** Connects to the control socket at a path. */
  static async connectTo(path: string): Promise<NodeClient> {
    return new NodeClient(path, await open(path, path));
  }

  /** Connects to NODE of the command line: the path of a socket, or the port or address of a node of this user. */
  static async connect(text: string): Promise<NodeClient> {
    const node = canonicalHostPort(text);
    const path = socketPath(node);
    if (existsSync(path)) return new NodeClient(node, await open(node, path));
    return (await NodeClient.#byPort(node, path)) ?? NodeClient.#byName(node, path);
  }

  /**
   * Connects to the socket that is named by the port of `node`. Called if no socket is named by the address: a node names its socket by
   * the address only if another node uses the port (`openControlSocket`). Returns undefined if no socket is named by the port.
   */
  static async #byPort(node: string, path: string): Promise<NodeClient | undefined> {
    const port = parseHostPort(node);
    const defaultPath = port.ok ? socketPath(String(port.at.port)) : path;
    if (defaultPath === path || !existsSync(defaultPath)) return undefined;
    const client = new NodeClient(node, await open(node, defaultPath));
    const { name, listen } = await client.#addresses();
    if (name === node || listen === node || (isLoopback(node) && [name, listen].some(isReachedByLoopback)))
      return client;
    client.close();
    throw runFailed(`no node listens at ${node}: the node with its port is ${name}`);
  }

  /** Connects to the node that announces the address (`--addr`). Its port may differ from the port in the name of the socket. */
  static async #byName(node: string, path: string): Promise<NodeClient> {
    const sockets = parseHostPort(node).ok ? controlFolders().flatMap(socketsIn) : [];
    for (const socket of sockets) {
      const client = await NodeClient.connectTo(socket).catch(() => undefined);
      if (client === undefined) continue;
      const { name } = await client.#addresses().catch(() => ({ name: "" }));
      if (name === node) return client;
      client.close();
    }
    throw runFailed(`no node listens at ${describeNode(node, path)}`);
  }

  async #addresses(): Promise<{ readonly name: string; readonly listen: string }> {
    for await (const reply of this.request({ kind: "describe" })) if ("node" in reply) return reply.node;
    return { name: "", listen: "" };
  }

  /** Sends a request and yields its replies up to the last. Throws `Failure` if the node refuses the request or does not answer in time. */
  async *request(request: Request): AsyncGenerator<Reply> {
    for await (const reply of this.replies(request)) {
      if ("ok" in reply && !reply.ok) throw refusal(this.#name, reply.error);
      yield reply;
    }
  }

  /**
   * Sends a request and yields its replies up to the last, which may be a refusal. Throws `Failure` if the node does not answer in time.
   * The lines of a trace have no timeout.
   */
  async *replies(request: Request): AsyncGenerator<Reply> {
    // A reload may take long, but a node that is stopped is found by a request that takes no time.
    if (isSwap(request.kind)) for await (const reply of this.replies({ kind: "describe" })) void reply;
    const id = ++this.#requests;
    const { kind, ...fields } = request;
    this.#socket.write(`${JSON.stringify({ v: PROTOCOL_VERSION, id, do: kind, ...fields })}\n`);
    let limit = isSwap(kind) ? SWAP_MS : ANSWER_MS;
    for (;;) {
      const reply = await this.#next(limit);
      if (reply.id !== id && reply.id !== null) continue;
      if ("tracing" in reply) limit = Infinity;
      yield reply;
      if ("ok" in reply) return;
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  async #next(limit: number): Promise<Reply> {
    // The reader of lines rejects if the socket fails. The client treats this as the end of the node.
    const next = this.#replies.next().catch(() => ({ done: true, value: undefined }) as const);
    const line = await withinTime(next, limit, this.#name);
    if (line.done === true) throw runFailed(`the node at ${this.#name} has ended`);
    return JSON.parse(line.value) as Reply;
  }
}

/** Whether a process of this host reaches the address by a loopback address with its port. */
function isReachedByLoopback(address: string): boolean {
  return isLoopback(address) || isUnspecified(address);
}

function isSwap(kind: Request["kind"]): boolean {
  return kind === "load" || kind === "unload" || kind === "reload";
}

/** Waits for a reply of the node. Throws `Failure` after `limit` milliseconds. */
async function withinTime<T>(reply: Promise<T>, limit: number, node: string): Promise<T> {
  if (limit === Infinity) return reply;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `the node at ${node} has not answered for ${limit / 1000} s: it is stopped or busy`;
    timer = setTimeout(() => reject(runFailed(message)), limit);
  });
  try {
    return await Promise.race([reply, late]);
  } finally {
    clearTimeout(timer);
  }
}

function refusal(name: string, { reason, message, text, diagnostics = [] }: RequestError["error"]): Failure {
  if (reason !== "program") return runFailed(`${name}: ${message}`);
  const explanation = text === undefined ? message : `the node at ${name} refuses:\n${text.trimEnd()}`;
  return new RefusedRequest(explanation, name, diagnostics);
}

/** Failure for a request whose text does not compile. */
class RefusedRequest extends Failure {
  readonly node: string;
  readonly diagnostics: readonly JsonDiagnostic[];

  constructor(message: string, node: string, diagnostics: readonly JsonDiagnostic[]) {
    super(1, message);
    this.node = node;
    this.diagnostics = diagnostics;
  }
}

/** Prints the diagnostics of a refused request as JSON. Returns the error to throw, whose text no longer contains the diagnostics. */
export function withJsonDiagnostics(error: unknown, output: Output): unknown {
  if (!(error instanceof RefusedRequest) || error.diagnostics.length === 0) return error;
  for (const one of error.diagnostics) output.result(jsonText(one));
  return runFailed(`the node at ${error.node} refuses the request`);
}

/** Returns the path of the socket that NODE names. The node may run in a login session or without one, so both folders are searched. */
function socketPath(node: string): string {
  if (node.includes("/") || !/^(.*:)?\d+$/.test(node)) return node;
  const userPath = controlPath(node);
  return (
    controlFolders()
      .map((folder) => join(folder, `${node}.sock`))
      .find((path) => existsSync(path)) ?? userPath
  );
}

/** Failure to connect to a control socket. */
export class NotConnected extends Failure {
  /** Error of the system: `ECONNREFUSED` if the process that made the socket is gone. */
  readonly code: string | undefined;

  constructor(node: string, path: string, error: NodeJS.ErrnoException) {
    super(1, explainFailure(node, path, error));
    this.code = error.code;
  }
}

function open(node: string, path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(runFailed(`the node at ${node} has not answered for ${ANSWER_MS / 1000} s: it is stopped or busy`));
    }, ANSWER_MS);
    socket.once("close", () => clearTimeout(timer));
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => reject(new NotConnected(node, path, error)));
  });
}

function describeNode(node: string, path: string): string {
  return node === path ? path : `${node} (${path})`;
}

function explainFailure(node: string, path: string, { code, message }: NodeJS.ErrnoException): string {
  const where = describeNode(node, path);
  if (code === "ENOENT" || code === "ECONNREFUSED") return `no node listens at ${where}`;
  if (code === "EACCES") return `the node at ${where} belongs to another user`;
  return `${where}: ${message}`;
}
