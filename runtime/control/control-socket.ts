/**
 * The control socket of a node: a Unix socket that only its owner may open. A client connects -> LineSplitter cuts its bytes
 * into lines -> RequestQueue gives one line a turn to Session, which answers it. src/cli/run opens the socket; src/cli/client connects to
 * it.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Clock, Timer } from "../world/world.ts";
import type { Control } from "./control.ts";
import { LineSplitter } from "./line-splitter.ts";
import { RequestQueue } from "./request-queue.ts";
import { Session } from "./session.ts";

export type OpenedControl =
  | { readonly ok: true; readonly socket: ControlSocket }
  /** `taken`: a running process listens there; `refused`: the path is unusable. */
  | { readonly ok: false; readonly reason: "taken" | "refused"; readonly message: string };

/** Greatest length of a request in bytes. A request contains the file name of a program, not the program. */
const LONGEST_LINE = 64 * 1024;
const MOST_CLIENTS = 16;
/** A client that has read nothing for this time may be closed to make room for another client. */
const STALLED_SECONDS = 10;
/** Time that a client has to read the reason why it is closed. */
const TURNED_AWAY_SECONDS = 1;
/** Time between two checks of the socket file, which may have been deleted. */
const LOOK_SECONDS = 1;
/** Number of unread bytes at which the node stops producing output for a client. */
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

/** Returns the path of a node's control socket. `name` is the port or the address of the node. */
export function controlPath(name: string, folder: string = controlFolder()): string {
  return join(folder, `${name}.sock`);
}

/**
 * Creates the default folder of control sockets, which only its user may enter. Returns an error message; undefined if the folder is
 * usable.
 */
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

/** A connected client. */
interface ConnectedClient {
  readonly socket: Socket;
  readonly session: Session;
  readonly requests: RequestQueue;
  /** Time since which the client has not read, in seconds; undefined while the client reads. */
  stalledAt: number | undefined;
}

function isIdle({ session, requests }: ConnectedClient): boolean {
  return session.isIdle && requests.isEmpty;
}

/**
 * An open control socket. The socket file is removed when the control socket is closed and when the process ends. If somebody deletes the
 * file, it is created again within a second.
 */
export class ControlSocket {
  readonly path: string;
  readonly #control: Control;
  #timer: Timer;
  #inode: number | undefined;
  #server: Server;
  #isClosed = false;
  /** The clients, in the order of their latest requests. */
  readonly #clients = new Set<ConnectedClient>();

  constructor(server: Server, path: string, control: Control) {
    this.path = path;
    this.#control = control;
    this.#inode = inodeOf(path);
    this.#server = server;
    this.#accept(server);
    removeAtExit(this);
    this.#timer = this.#lookLater();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer.cancel();
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const { socket } of this.#clients) socket.destroy();
    await closed;
    openSockets.delete(this);
  }

  #accept(server: Server): void {
    server.on("connection", (socket) => this.#connected(socket));
    server.on("error", () => undefined);
  }

  #lookLater(): Timer {
    const { clock } = this.#control.node;
    return clock.at(clock.now() + LOOK_SECONDS, () => {
      this.#timer = this.#lookLater();
      void this.#look();
    });
  }

  /** Listens at the path again if its file is gone. A file that another process has put there stays. */
  async #look(): Promise<void> {
    if (this.#isClosed || inodeOf(this.path) !== undefined) return;
    // Closing a server removes the file at its path, so the old server closes before the new one listens. The connected clients stay.
    this.#server.close();
    if (dirname(this.path) === controlFolder()) prepareControlFolder();
    const server = createServer();
    this.#accept(server);
    this.#server = server;
    const failure = await listen(server, this.path);
    if (failure !== undefined) return;
    if (this.#isClosed) server.close();
    else this.#inode = inodeOf(this.path);
  }

  /** Removes the socket file, unless another process has replaced it. */
  remove(): void {
    if (this.#inode !== undefined && inodeOf(this.path) === this.#inode) removeSocket(this.path);
  }

  #connected(socket: Socket): void {
    socket.on("error", () => undefined);
    if (this.#clients.size >= MOST_CLIENTS && !this.#closeOne()) {
      this.#control.countRefused("busy");
      return turnAway(socket, this.#control.node.clock, `the node has ${MOST_CLIENTS} clients already`);
    }
    const { clock } = this.#control.node;
    const session = new Session(this.#control, {
      send: (line) => {
        socket.write(`${line}\n`);
        if (socket.writableLength < MOST_UNREAD) return true;
        // The node reads no more requests from a client that does not read its replies: the requests wait in the kernel.
        socket.pause();
        client.stalledAt ??= clock.now();
        return false;
      },
    });
    const requests = new RequestQueue({
      soon: (call) => clock.soon(call),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      isStalled: () => client.stalledAt !== undefined,
    });
    const client: ConnectedClient = { socket, session, requests, stalledAt: undefined };
    this.#clients.add(client);
    const lines = new LineSplitter(
      LONGEST_LINE,
      (line) => requests.push(() => session.line(line)),
      () => requests.push(() => session.tooLong(LONGEST_LINE)),
    );
    socket.on("data", (bytes: Buffer) => {
      this.#clients.delete(client);
      this.#clients.add(client);
      lines.push(bytes);
    });
    socket.on("drain", () => {
      client.stalledAt = undefined;
      session.drained();
      requests.goOn();
    });
    socket.on("close", () => {
      this.#clients.delete(client);
      requests.close();
      session.close();
    });
  }

  /**
   * Closes the idle client whose latest request is oldest; without an idle client, one that no longer reads. Returns false if there is
   * neither.
   */
  #closeOne(): boolean {
    const now = this.#control.node.clock.now();
    const clients = [...this.#clients];
    const isStalled = ({ stalledAt = now }: ConnectedClient): boolean => now - stalledAt >= STALLED_SECONDS;
    const last = clients.find(isIdle) ?? clients.find(isStalled);
    if (last === undefined) return false;
    this.#clients.delete(last);
    if (isIdle(last))
      turnAway(
        last.socket,
        this.#control.node.clock,
        `another client took the place of this idle one: ${MOST_CLIENTS} are possible`,
      );
    else last.socket.destroy();
    return true;
  }
}

/**
 * Open control sockets. Their files are removed when the process exits. A process may run many nodes, so one handler of its exit serves all
 * of them.
 */
const openSockets = new Set<ControlSocket>();

function removeAtExit(socket: ControlSocket): void {
  if (!process.listeners("exit").includes(removeOpenSockets)) process.on("exit", removeOpenSockets);
  openSockets.add(socket);
}

function removeOpenSockets(): void {
  for (const socket of openSockets) socket.remove();
}

/** Tells a client why it is closed. The node continues to read for a moment, so that a request that the client is sending does not fail. */
function turnAway(socket: Socket, clock: Clock, message: string): void {
  const error = { reason: "busy", message };
  socket.resume().end(`${JSON.stringify({ id: null, ok: false, error })}\n`);
  clock.at(clock.now() + TURNED_AWAY_SECONDS, () => socket.destroy());
}

/** The umask is set only during the call of `listen`, which creates the socket file, so that no other file is affected. */
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
    // Only a refused connection or a missing file means that no process listens. Other errors, such as a full backlog, do not.
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
