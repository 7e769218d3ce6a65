/** `mosaic ps`: finds the control sockets of this host and asks each node what it runs. */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeDescription } from "../../../runtime/control/reply.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { textColumns } from "../terminal/text-columns.ts";
import { controlFolders } from "./control-folders.ts";
import { NodeClient } from "./node-client.ts";
import { type NodeProcess, nodeProcesses } from "./node-processes.ts";

/** A node, or a process of which only the command line is known. Null: not known. */
interface ListedNode {
  readonly node: string | null;
  readonly socket: string | null;
  readonly pid: number | null;
  readonly files: readonly string[] | null;
  readonly listen: string | null;
  readonly device: string | null;
  readonly uptime: number | null;
  /** `no answer`: a process holds the socket and does not answer. `no socket`: it was started with --no-control, or still starts. */
  readonly state: NodeDescription["state"] | "no answer" | "no socket";
}

const ANSWER_MS = 1_000;

export async function listNodes(form: "text" | "json" | "names", output: Output): Promise<void> {
  const processes = nodeProcesses();
  const sockets = new Set([...controlFolders().flatMap(socketsIn), ...processes.flatMap(socketsOf)]);
  const answered = (await Promise.all([...sockets].map(ask))).filter((node) => node !== undefined);
  const known = new Set(answered.map(({ pid }) => pid));
  const hung = new Set(
    processes
      .filter((process) => socketsOf(process).some((path) => answered.some(({ socket }) => socket === path)))
      .map(({ pid }) => pid),
  );
  const silent = processes.filter(({ pid }) => !known.has(pid) && !hung.has(pid)).map(({ pid }) => unknownNode(pid));
  const nodes = [...answered, ...silent].toSorted((one, other) => (one.pid ?? 0) - (other.pid ?? 0));
  if (form === "names") for (const { socket } of answered) output.result(nameOf(socket));
  else if (form === "json") for (const node of nodes) output.result(jsonText(node));
  else if (nodes.length === 0) output.result("no node runs on this host");
  else for (const line of textColumns(HEADINGS, nodes.map(cells))) output.result(line);
}

/** Returns the control sockets in a folder. Empty if it cannot be read. */
function socketsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".sock"))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Returns the sockets of `--control`, which is a folder with `--nodes`. */
function socketsOf({ control }: NodeProcess): readonly string[] {
  if (control === undefined) return [];
  return isFolder(control) ? socketsIn(control) : [control];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Asks the node at a socket. Undefined if no process listens there. */
async function ask(socket: string): Promise<ListedNode | undefined> {
  try {
    return await Promise.race([describe(socket), sleep(ANSWER_MS, noAnswer(socket))]);
  } catch {
    return undefined;
  }
}

async function describe(socket: string): Promise<ListedNode> {
  const client = await NodeClient.connectTo(socket);
  const timer = setTimeout(() => client.close(), ANSWER_MS);
  try {
    for await (const reply of client.request({ kind: "describe" })) {
      if (!("node" in reply)) continue;
      const { name, ...rest } = reply.node;
      return { node: name, socket, ...rest };
    }
  } catch {
    return noAnswer(socket);
  } finally {
    clearTimeout(timer);
    client.close();
  }
  return noAnswer(socket);
}

function noAnswer(socket: string): ListedNode {
  return { ...unknownNode(null), socket, state: "no answer" };
}

function unknownNode(pid: number | null): ListedNode {
  return { node: null, socket: null, pid, files: null, listen: null, device: null, uptime: null, state: "no socket" };
}

const HEADINGS = ["node", "pid", "program", "listen", "device", "up", "state", "socket"];

function cells({ node, pid, files, listen, device, uptime, state, socket }: ListedNode): readonly string[] {
  const up = uptime === null ? "-" : `${Math.floor(uptime)} s`;
  return [
    node ?? "-",
    String(pid ?? "-"),
    files?.join(" ") ?? "-",
    listen ?? "-",
    device ?? "-",
    up,
    state,
    socket ?? "-",
  ];
}

/** The shortest text that names the node: the port or address of a default socket, or its path. */
function nameOf(socket: string | null): string {
  if (socket === null) return "";
  const isDefault = controlFolders().some((folder) => socket === join(folder, basename(socket)));
  return isDefault ? basename(socket, ".sock") : socket;
}
