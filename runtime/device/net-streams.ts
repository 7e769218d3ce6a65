/** TCP connections of a node outside the simulator, by `node:net`. runtime/socket uses them through the interface `Streams`. */
import { connect, createServer, type ListenOptions, type Server, type Socket, type TcpNetConnectOpts } from "node:net";
import type { Received, ConnectAttempt, ByteStream, Listening, Opened, Sent, Streams } from "../world/streams.ts";
import { resolveName } from "./destinations.ts";
import { reasonOfCode } from "./failure-reasons.ts";
import { formatHostPort, type HostPort, parseHostPort, unmapped } from "../plan/values/host-port.ts";

interface StreamOptions {
  readonly allowHalfOpen: boolean;
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelay: number;
  readonly highWaterMark: number;
}

const STREAM: StreamOptions = {
  allowHalfOpen: true,
  noDelay: true,
  // TCP keepalive. The delay is the number of milliseconds without traffic before the first probe.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  // Node.js then reads only when `read` is called.
  highWaterMark: 0,
};

export class NetStreams implements Streams {
  readonly #sockets = new Set<Socket>();
  readonly #servers = new Set<Server>();
  #isClosed = false;

  listen(address: string, taken: (stream: ByteStream) => void, opened: (outcome: Opened<Listening>) => void): void {
    const parsed = parseHostPort(address);
    if (!parsed.ok) return opened({ ok: false, reason: "no address" });
    numeric(parsed.at).then(
      (at) => this.#bind(at, taken, opened),
      (error: Error) => opened({ ok: false, reason: reasonOf(error) }),
    );
  }

  #bind(at: HostPort, taken: (stream: ByteStream) => void, opened: (outcome: Opened<Listening>) => void): void {
    if (this.#isClosed) return;
    const server = createServer({ pauseOnConnect: true, ...STREAM }, (socket) => taken(this.#hold(socket)));
    this.#servers.add(server);
    server.once("close", () => this.#servers.delete(server));
    const failed = (error: Error): void => {
      this.#servers.delete(server);
      opened({ ok: false, reason: reasonOf(error) });
    };
    server.once("error", failed);
    server.listen(listenOptions(at), () => {
      server.off("error", failed);
      // Later errors concern single connections that could not be accepted.
      server.on("error", () => undefined);
      opened({ ok: true, value: { address: addressOf(server), close: () => void server.close() } });
    });
  }

  connect(address: string, opened: (outcome: Opened<ByteStream>) => void): ConnectAttempt {
    const parsed = parseHostPort(address);
    if (!parsed.ok || parsed.at.port === 0) {
      opened({ ok: false, reason: "no address" });
      return { cancel: () => undefined };
    }
    const { host, port } = parsed.at;
    const options: TcpNetConnectOpts & StreamOptions = { host, port, ...STREAM };
    const socket = connect(options);
    socket.pause();
    const stream = this.#hold(socket);
    const failed = (error: Error): void => opened({ ok: false, reason: reasonOf(error) });
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      opened({ ok: true, value: stream });
    });
    return { cancel: () => socket.off("error", failed).destroy() };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = [...this.#servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #hold(socket: Socket): NetStream {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return new NetStream(socket);
  }
}

class NetStream implements ByteStream {
  readonly #socket: Socket;
  #arrived: ((arrival: Received) => void) | undefined;
  #peer: string | undefined;
  #isEnded = false;
  #problem: string | undefined;
  #isClosed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", (error) => this.#break(reasonOf(error)));
    socket.on("end", () => this.#end());
    // Node.js also closes a socket when both directions have ended. A close before the peer has ended its direction is a reset.
    socket.on("close", () => this.#isEnded || this.#break("reset"));
  }

  get peer(): string {
    const { remoteAddress, remotePort } = this.#socket;
    if (remoteAddress !== undefined && remotePort !== undefined) {
      this.#peer ??= formatHostPort(unmapped(remoteAddress), remotePort);
    }
    return this.#peer ?? "";
  }

  receive(arrived: (arrival: Received) => void): void {
    if (this.#problem !== undefined) return arrived({ kind: "broken", reason: this.#problem });
    if (this.#isEnded) return arrived({ kind: "end" });
    this.#arrived = arrived;
    this.#read();
  }

  withdraw(): void {
    this.#arrived = undefined;
    this.#socket.off("readable", this.#read);
  }

  send(bytes: Uint8Array, sent: (outcome: Sent) => void): void {
    this.#socket.write(bytes, (error) => {
      if (this.#isClosed) return;
      sent(error ? { ok: false, reason: this.#problem ?? reasonOf(error) } : { ok: true });
    });
  }

  shutdown(sent: (outcome: Sent) => void): void {
    this.#socket.end((error?: Error | null) => {
      if (this.#isClosed) return;
      sent(error ? { ok: false, reason: this.#problem ?? reasonOf(error) } : { ok: true });
    });
  }

  close(): void {
    this.withdraw();
    this.#isClosed = true;
    this.#socket.destroy();
  }

  /** Delivers bytes that have arrived, or waits for the next ones. */
  readonly #read = (): void => {
    if (this.#arrived === undefined) return;
    const bytes = this.#socket.read() as Uint8Array | null;
    if (bytes !== null) return this.#arrive({ kind: "bytes", bytes });
    if (!this.#isEnded && !this.#socket.destroyed) this.#socket.once("readable", this.#read);
  };

  #end(): void {
    this.#isEnded = true;
    this.#arrive({ kind: "end" });
  }

  #break(reason: string): void {
    this.#problem ??= reason;
    this.#arrive({ kind: "broken", reason: this.#problem });
  }

  #arrive(arrival: Received): void {
    const arrived = this.#arrived;
    this.withdraw();
    if (!this.#isClosed) arrived?.(arrival);
  }
}

/** Resolves a name to its first address, as a datagram socket does. */
async function numeric(at: HostPort): Promise<HostPort> {
  if (at.family !== undefined) return at;
  const [first] = await resolveName(at.host);
  return { ...at, host: first?.address ?? at.host };
}

function listenOptions({ host, port }: HostPort): ListenOptions {
  return { host, port, ipv6Only: host !== "::" };
}

function addressOf(server: Server): string {
  const address = server.address();
  return typeof address === "object" && address !== null ? formatHostPort(address.address, address.port) : "";
}

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  const inner = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException | undefined) : undefined;
  const name = code ?? inner?.code ?? "failed";
  return reasonOfCode(name);
}
