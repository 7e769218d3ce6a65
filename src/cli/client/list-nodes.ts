/**
 * `mosaic ps`: finds the control sockets and the processes of `mosaic run` on this host, and asks each node for its program and addresses.
 * If a node does not answer, the fields come from the command line of its process and from the kernel.
 */
import { basename, join } from "node:path";
import type { NodeDescription } from "../../../runtime/control/reply.ts";
import { formatHostPort, parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import type { OptionSpec } from "../options/command-spec.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { textColumns } from "../terminal/text-columns.ts";
import { controlFolders, socketsIn } from "./control-folders.ts";
import { NodeClient, NotConnected } from "./node-client.ts";
import { controlPathsOf, type NodeProcess, nodeProcesses } from "./node-processes.ts";

/** A node, a process of `mosaic run`, or a socket without a process. A field that is not known is null. */
interface ListedNode {
  readonly node: string | null;
  readonly socket: string | null;
  readonly pid: number | null;
  readonly files: readonly string[] | null;
  readonly listen: string | null;
  readonly device: string | null;
  readonly devices: readonly string[] | null;
  readonly uptime: number | null;
  readonly state: NodeDescription["state"] | UnansweredState;
}

type UnansweredState =
  /** A process holds the socket and does not answer: it is stopped or busy. */
  | "does not answer"
  /** The process has no addresses yet: it compiles, or waits for them. */
  | "starting"
  /** It runs without a control socket. */
  | "no socket"
  /** Only its owner can ask it. */
  | "of another user"
  /** The process that made the socket is gone. */
  | "ended";

/** Outcome of a question to a socket. */
type Answer =
  | { readonly socket: string; readonly kind: "answered"; readonly node: ListedNode }
  | { readonly socket: string; readonly kind: "silent" | "ended" | "foreign" };

const ANSWER_MS = 1_000;

/** Lists the nodes. `options` are those of `mosaic run`. */
export async function listNodes(
  form: "text" | "json" | "names",
  options: readonly OptionSpec[],
  output: Output,
): Promise<void> {
  const processes = nodeProcesses(options);
  const paths = new Set([...controlFolders().flatMap(socketsIn), ...processes.flatMap(controlPathsOf)]);
  const answers = await Promise.all([...paths].map(ask));
  const nodes = listed(answers, processes);
  if (form === "names") for (const { socket } of nodes.filter(isNamed)) output.result(nameOf(socket ?? ""));
  else if (form === "json") for (const node of nodes) output.result(jsonText(node));
  else if (nodes.length === 0) output.result("no node runs on this host");
  else for (const line of textColumns(HEADINGS, nodes.map(cells))) output.result(line);
}

/** Returns a row for each socket, and for each process without one, in the order of process ids, rows without a process last. */
function listed(answers: readonly Answer[], processes: readonly NodeProcess[]): readonly ListedNode[] {
  const claimed = new Map(processes.flatMap((one) => controlPathsOf(one).map((path) => [path, one] as const)));
  const rows = answers.flatMap((answer) => rowOf(answer, claimed.get(answer.socket)));
  const shown = new Set(rows.map(({ pid }) => pid));
  const others = processes.filter(({ pid }) => !shown.has(pid)).map((one) => described(one, null, stateOf(one)));
  const rank = ({ pid }: ListedNode): number => pid ?? Number.MAX_SAFE_INTEGER;
  return [...rows, ...others].toSorted((one, other) => rank(one) - rank(other));
}

function rowOf(answer: Answer, process: NodeProcess | undefined): readonly ListedNode[] {
  switch (answer.kind) {
    case "answered":
      return [answer.node];
    case "silent":
      return [
        process ? described(process, answer.socket, "does not answer") : unknown(answer.socket, "does not answer"),
      ];
    case "foreign":
      return process ? [] : [unknown(answer.socket, "of another user")];
    case "ended":
      // A starting process will replace the socket that an ended process left at its path.
      return process ? [] : [unknown(answer.socket, "ended")];
  }
}

/** State of a process none of whose control sockets answers. A node opens its UDP socket first and its control socket later. */
function stateOf({ isUncontrolled, sockets }: NodeProcess): UnansweredState {
  if (sockets === undefined) return "of another user";
  if (sockets.udp.length === 0) return "starting";
  return isUncontrolled || sockets.unix.length === 0 ? "no socket" : "does not answer";
}

/** The node of the process that has this control socket. The port in the name of the socket tells the nodes of one process apart. */
function described(process: NodeProcess, socket: string | null, state: UnansweredState): ListedNode {
  const { pid, files, uptime, sockets, addresses } = process;
  const port = socket === null ? "" : `:${basename(socket, ".sock").split(":").at(-1)}`;
  const bound = sockets?.udp.find((address) => address.endsWith(port)) ?? sockets?.udp[0];
  const listen = bound ?? process.listen;
  const names = [...addresses, ...(bound === undefined ? [] : [named(process.listen, bound)])];
  const opened = sockets?.devices ?? [];
  const devices = opened.length > 0 ? opened : process.devices;
  const [device = null] = devices;
  return { node: names[0] ?? null, socket, pid, files, listen, device, devices, uptime, state };
}

/** The name of a node without `--addr`: the host of `--listen`, with the port that is bound. */
function named(listen: string, bound: string): string {
  const [asked, real] = [parseHostPort(listen), parseHostPort(bound)];
  return asked.ok && real.ok ? formatHostPort(asked.at.host, real.at.port) : bound;
}

function unknown(socket: string, state: UnansweredState): ListedNode {
  const nothing = { pid: null, files: null, listen: null, device: null, devices: null, uptime: null };
  return { node: null, socket, ...nothing, state };
}

/** Asks the node at a socket. */
async function ask(socket: string): Promise<Answer> {
  try {
    const client = await NodeClient.connectTo(socket);
    const timer = setTimeout(() => client.close(), ANSWER_MS);
    try {
      const node = await describe(client, socket);
      if (node !== undefined) return { socket, kind: "answered", node };
    } finally {
      clearTimeout(timer);
      client.close();
    }
  } catch (error: unknown) {
    if (error instanceof NotConnected) return { socket, kind: error.code === "EACCES" ? "foreign" : "ended" };
  }
  return { socket, kind: "silent" };
}

async function describe(client: NodeClient, socket: string): Promise<ListedNode | undefined> {
  for await (const reply of client.request({ kind: "describe" })) {
    if (!("node" in reply)) continue;
    const { name, ...rest } = reply.node;
    return { node: name, socket, ...rest };
  }
  return undefined;
}

const HEADINGS = ["node", "pid", "program", "listen", "device", "up", "state", "socket"];

function cells({ node, pid, files, listen, devices, uptime, state, socket }: ListedNode): readonly string[] {
  const up = uptime === null ? "-" : `${Math.floor(uptime)} s`;
  return [
    node ?? "-",
    String(pid ?? "-"),
    files?.join(" ") ?? "-",
    listen ?? "-",
    devices?.join(" ") || "-",
    up,
    state,
    socket ?? "-",
  ];
}

/** Whether other commands can name the node. */
function isNamed({ socket, state }: ListedNode): boolean {
  return socket !== null && state !== "ended" && state !== "of another user";
}

/** The shortest text that names the node: the port or address of a default socket, or its path. */
function nameOf(socket: string): string {
  const isDefault = controlFolders().some((folder) => socket === join(folder, basename(socket)));
  return isDefault ? basename(socket, ".sock") : socket;
}
