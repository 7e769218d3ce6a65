import { existsSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Reply } from "../../../runtime/control/reply.ts";
import { PROTOCOL_VERSION, type Request } from "../../../runtime/control/request.ts";
import { controlPath } from "../../../runtime/device/control-socket.ts";
import { parseHostPort } from "../../../runtime/ip/host-port.ts";
import { Failure, runFailed } from "../terminal/failure.ts";
import { isLoopback } from "../options/address-scope.ts";

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
    // A socket that is broken off has no end, and nobody would stop waiting for the next line.
    socket.once("close", () => lines.close());
    socket.on("error", () => lines.close());
    this.#replies = lines[Symbol.asyncIterator]();
  }

  /** NODE of the command line: the path of a socket, or the port or address of a node of this user. */
  static async connect(node: string): Promise<NodeClient> {
    const path = socketPath(node);
    if (!existsSync(path)) return NodeClient.#byPort(node, path);
    return new NodeClient(node, await open(node, path));
  }

  /** A node has the socket of its address only where another has that of its port: see `controlOf`. */
  static async #byPort(node: string, path: string): Promise<NodeClient> {
    const port = parseHostPort(node);
    const usual = port.ok ? socketPath(String(port.at.port)) : path;
    if (usual === path || !existsSync(usual)) throw runFailed(`no node listens at ${describeNode(node, path)}`);
    const client = new NodeClient(node, await open(node, usual));
    const name = await client.#nodeName();
    if (name === node || (isLoopback(name) && isLoopback(node))) return client;
    client.close();
    throw runFailed(`no node listens at ${node}: that of its port is ${name}`);
  }

  async #nodeName(): Promise<string> {
    let name = "";
    for await (const reply of this.request({ kind: "figures" })) if ("figures" in reply) name = reply.figures.node;
    return name;
  }

  /** Sends a request and gives what it brings, up to its end. A refusal ends the command. */
  async *request(request: Request): AsyncGenerator<Reply> {
    const id = ++this.#requests;
    const { kind, ...fields } = request;
    this.#socket.write(`${JSON.stringify({ v: PROTOCOL_VERSION, id, do: kind, ...fields })}\n`);
    for (;;) {
      const reply = await this.#next();
      if (reply.id !== id && reply.id !== null) continue;
      if ("ok" in reply && !reply.ok) throw refusal(this.#name, reply.error);
      yield reply;
      if ("ok" in reply) return;
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  async #next(): Promise<Reply> {
    const line = await this.#replies.next();
    if (line.done === true) throw runFailed(`the node at ${this.#name} has gone`);
    return JSON.parse(line.value) as Reply;
  }
}

function refusal(name: string, { reason, message, text }: { reason: string; message: string; text?: string }): Failure {
  if (reason === "program")
    return new Failure(1, text === undefined ? message : `the node at ${name} refuses:\n${text.trimEnd()}`);
  return runFailed(`${name}: ${message}`);
}

/** A port or an address may belong to a node of this user, or, for root, to one that was started without a session. */
function socketPath(node: string): string {
  if (node.includes("/") || !/^(.*:)?\d+$/.test(node)) return node;
  const own = controlPath(node);
  const others = [
    join("/run/mosaic", `${node}.sock`),
    join(tmpdir(), `mosaic-${process.getuid?.() ?? 0}`, `${node}.sock`),
  ];
  return [own, ...others].find((path) => existsSync(path)) ?? own;
}

function open(node: string, path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => reject(runFailed(explainFailure(node, path, error))));
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
