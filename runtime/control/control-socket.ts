/**
 * The control socket of a node: a Unix socket that only its owner may open. A client connects -> LineSplitter cuts its bytes
 * into lines -> Session answers each line. src/cli/run opens the socket; src/cli/client connects to it.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Control } from "./control.ts";
import { LineSplitter } from "./line-splitter.ts";
import { Session } from "./session.ts";

export type OpenedControl =
  | { readonly ok: true; readonly socket: ControlSocket }
  /** `taken`: a running process listens there; `refused`: the path is unusable. */
  | { readonly ok: false; readonly reason: "taken" | "refused"; readonly message: string };

/** Greatest length of a request in bytes. A request contains the file name of a program, not the program. */
const LONGEST_LINE = 64 * 1024;
const MOST_CLIENTS = 16;
/** Unread bytes of a client at which the node stops producing more for it. */
const MOST_UNREAD = 1024 * 1024;
/** `sun_path` of `sockaddr_un` has 108 bytes, the last one a zero. */
const LONGEST_PATH = 107;

const OWNER_ONLY_FILES = 0o177;
const OWNER_ONLY_FOLDER = 0o700;
const NOT_OWNER = 0o077;

/** Returns the default folder of control sockets, one per user. */
function controlFolder(): string {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  if (runtime !== undefined && runtime !== "") return join(runtime, "mosaic");
  const user = process.getuid?.() ?? 0;
  return user === 0 ? "/run/mosaic" : join(tmpdir(), `mosaic-${user}`);
}

/** Returns the default path of the control socket of a node, which is named by its port or its address. */
export function controlPath(name: string): string {
  return join(controlFolder(), `${name}.sock`);
}

/** Creates the folder of `controlPath`, for its user alone. Returns an error message, or undefined. */
export function prepareControlFolder(): string | undefined {
  const folder = controlFolder();
  try {
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    const { uid, mode } = lstatSync(folder);
    const isOwn = lstatSync(folder).isDirectory() && uid === (process.getuid?.() ?? uid);
    if (!isOwn) return `${folder} is another user's`;
    if ((mode & NOT_OWNER) !== 0) chmodSync(folder, OWNER_ONLY_FOLDER);
    return undefined;
  } catch (error: unknown) {
    return messageOf(error);
  }
}

/** Opens the control socket at `path`. A socket that a dead process has left there is replaced. */
export async function openControl(path: string, control: Control): Promise<OpenedControl> {
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    return { ok: false, reason: "refused", message: `${path}: a socket's path has at most ${LONGEST_PATH} bytes` };
  }
  // For a missing folder Node.js reports a missing permission.
  if (!existsSync(dirname(path))) return { ok: false, reason: "refused", message: `${path}: there is no such folder` };
  const server = createServer();
  const first = await listen(server, path);
  if (first === undefined) return { ok: true, socket: new ControlSocket(server, path, control) };
  if (first.code !== "EADDRINUSE") return { ok: false, reason: "refused", message: first.message };
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) {
    return { ok: false, reason: "refused", message: `${path} is there and is no socket` };
  }
  if (await isAlive(path)) return { ok: false, reason: "taken", message: `a running node listens at ${path}` };
  const second = removeSocket(path) ?? (await listen(server, path));
  if (second === undefined) return { ok: true, socket: new ControlSocket(server, path, control) };
  return { ok: false, reason: "refused", message: second.message };
}

/** An open control socket. Closing it removes its path, and so does the end of the process. */
export class ControlSocket {
  readonly path: string;
  readonly #inode: number | undefined;
  readonly #onExit = (): void => this.#remove();
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  constructor(server: Server, path: string, control: Control) {
    this.#server = server;
    this.path = path;
    this.#inode = inodeOf(path);
    process.once("exit", this.#onExit);
    server.on("connection", (socket) => this.#connected(socket, control));
    server.on("error", () => undefined);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const client of this.#clients) client.destroy();
    await closed;
    process.off("exit", this.#onExit);
  }

  /** Removes the socket file, unless another process has replaced it. */
  #remove(): void {
    if (this.#inode !== undefined && inodeOf(this.path) === this.#inode) removeSocket(this.path);
  }

  #connected(socket: Socket, control: Control): void {
    socket.on("error", () => undefined);
    if (this.#clients.size >= MOST_CLIENTS) {
      control.countRefused("busy");
      const error = { reason: "busy", message: `the node has ${MOST_CLIENTS} clients already` };
      socket.end(`${JSON.stringify({ id: null, ok: false, error })}\n`);
      return;
    }
    this.#clients.add(socket);
    const session = new Session(control, {
      send: (line) => {
        socket.write(`${line}\n`);
        return socket.writableLength < MOST_UNREAD;
      },
    });
    const lines = new LineSplitter(
      LONGEST_LINE,
      (line) => session.line(line),
      () => session.tooLong(LONGEST_LINE),
    );
    socket.on("data", (bytes: Buffer) => lines.push(bytes));
    socket.on("drain", () => session.drained());
    socket.on("close", () => {
      this.#clients.delete(socket);
      session.close();
    });
  }
}

/** Sets the umask only while `listen` is called, which creates the socket, so that it affects no other file. */
function listen(server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => resolve(error);
    server.once("error", fail);
    const mask = process.umask(OWNER_ONLY_FILES);
    server.listen(path, () => {
      server.off("error", fail);
      resolve(undefined);
    });
    process.umask(mask);
  });
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const settle = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once("connect", () => settle(true));
    // Only a refusal means that no process listens. A full backlog is an error, too.
    socket.once("error", (error: NodeJS.ErrnoException) =>
      settle(!["ECONNREFUSED", "ENOENT"].includes(error.code ?? "")),
    );
  });
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

function removeSocket(path: string): Error | undefined {
  try {
    unlinkSync(path);
    return undefined;
  } catch (error: unknown) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
