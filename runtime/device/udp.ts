import type { RemoteInfo } from "node:dgram";
import { DgramAsPromised, type SocketAsPromised } from "dgram-as-promised";
import type { Datagram, DatagramCounters, Datagrams, SendQueue } from "../world/world.ts";
import { Destinations, type Family, type KnownDestination, type Resolve, resolveName } from "./destinations.ts";
import { formatHostPort, type HostPort, parseHostPort } from "./host-port.ts";

export type UdpResult =
  | { readonly ok: true; readonly datagrams: Datagrams }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface UdpOptions {
  readonly maxPayload?: number;
  /** Finds the addresses of a name; the system's resolver when left out. */
  readonly resolve?: Resolve;
}

/** What an Ethernet frame carries behind the larger of the headers, those of IPv6 (40) and UDP (8). */
const MAX_PAYLOAD = 1452;

/** Asked of the kernel, which gives what its limits allow. */
const SOCKET_BUFFER_BYTES = 4 << 20;

/** What may wait in this process for a full socket buffer. */
const SEND_QUEUE_BYTES = 4 << 20;

/** What may wait for the address of one name. */
const WAITING_MAX = 64;

/** Opens a UDP socket on `listen` (`host:port`, numeric or a name; port 0 takes a free one). */
export async function openUdp(listen: string, options: UdpOptions = {}): Promise<UdpResult> {
  const resolve = options.resolve ?? resolveName;
  const parsed = parseHostPort(listen);
  if (!parsed.ok) return { ok: false, code: "EINVAL", message: parsed.message };
  const at = await numeric(parsed.at, resolve);
  if (at === undefined) {
    return { ok: false, code: "ENOTFOUND", message: `cannot listen on ${listen}: the name has no address` };
  }
  return bind(listen, at, options.maxPayload ?? MAX_PAYLOAD, resolve);
}

interface NumericAddress {
  readonly host: string;
  readonly port: number;
  readonly family: Family;
}

async function numeric(at: HostPort, resolve: Resolve): Promise<NumericAddress | undefined> {
  if (at.family !== undefined) return { host: at.host, port: at.port, family: at.family };
  const [first] = await resolve(at.host).catch(() => []);
  return first && { host: first.address, port: at.port, family: first.family === 6 ? 6 : 4 };
}

async function bind(listen: string, at: NumericAddress, maxPayload: number, resolve: Resolve): Promise<UdpResult> {
  // Whatever reaches the socket is numeric by then, and must not wait for a turn of Node's resolver.
  const socket = DgramAsPromised.createSocket({
    type: at.family === 6 ? "udp6" : "udp4",
    lookup: (host, _options, found) => found(null, host, at.family),
  });
  try {
    await socket.bind(at.port, at.host);
  } catch (error) {
    await socket.close();
    return { ok: false, code: codeOf(error), message: `cannot listen on ${listen}: ${explain(codeOf(error), at)}` };
  }
  widen(socket);
  return { ok: true, datagrams: new LinuxDatagrams(socket, at.family, maxPayload, resolve) };
}

function explain(code: string, at: NumericAddress): string {
  switch (code) {
    case "EADDRINUSE":
      return `port ${at.port} is in use by another program`;
    case "EACCES":
      return `port ${at.port} is for root only; take one above 1023`;
    case "EADDRNOTAVAIL":
      return `${at.host} is not an address of this machine`;
    default:
      return code;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function widen(socket: SocketAsPromised): void {
  try {
    socket.socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    // A kernel that refuses a wish has buffers all the same.
  }
}

/**
 * Datagrams over one UDP socket of the kernel. Only the life of the socket goes through promises: its messages come by
 * event, and every one is handed on, however long a receiver takes.
 */
class LinuxDatagrams implements Datagrams {
  readonly address: string;
  readonly maxPayload: number;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly #socket: SocketAsPromised;
  readonly #destinations: Destinations;
  #closed: Promise<void> | undefined;
  #receive: ((datagram: Datagram) => void) | undefined;

  constructor(socket: SocketAsPromised, family: Family, maxPayload: number, resolve: Resolve) {
    const { address, port } = socket.address();
    this.address = formatHostPort(address, port);
    this.maxPayload = maxPayload;
    this.#socket = socket;
    this.#destinations = new Destinations(family, resolve, (waiting, destination) => {
      for (const bytes of waiting) this.#forward(destination, bytes);
    });
    socket.socket.on("error", (error) => this.#fail(codeOf(error)));
    socket.socket.on("message", (bytes, from) => this.#take(bytes, from));
  }

  get queue(): SendQueue {
    const length = this.#closed === undefined ? this.#socket.socket.getSendQueueSize() : 0;
    return { length, limit: SEND_QUEUE_BYTES };
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    this.#receive = receive;
  }

  send(to: string, bytes: Uint8Array): void {
    if (bytes.length > this.maxPayload) return this.#fail("too long");
    if (this.#closed !== undefined) return this.#fail("closed");
    this.#forward(this.#destinations.find(to), bytes);
  }

  async close(): Promise<void> {
    this.#closed ??= this.#socket.close();
    await this.#closed;
  }

  #forward(to: ReturnType<Destinations["find"]>, bytes: Uint8Array): void {
    switch (to.kind) {
      case "known":
        return this.#transmit(to, bytes);
      case "refused":
        return this.#fail(to.reason);
      case "resolving":
        if (to.waiting.length < WAITING_MAX) to.waiting.push(bytes);
        else this.#fail("unresolved");
    }
  }

  #transmit(to: KnownDestination, bytes: Uint8Array): void {
    if (this.#closed !== undefined) return this.#fail("closed");
    const socket = this.#socket.socket;
    if (socket.getSendQueueSize() > SEND_QUEUE_BYTES) return this.#fail("ENOBUFS");
    socket.send(bytes, to.port, to.host, this.#sent);
  }

  readonly #sent = (error: Error | null, length: number): void => {
    if (error !== null) return this.#fail(codeOf(error));
    this.counters.sent++;
    this.counters.sentBytes += length;
  };

  /** A Buffer would have a slice that copies nothing, unlike the bytes of any other world. */
  #take(message: Buffer, from: RemoteInfo): void {
    const bytes = new Uint8Array(message.buffer, message.byteOffset, message.length);
    this.counters.received++;
    this.counters.receivedBytes += bytes.length;
    this.#receive?.({ bytes, from: formatHostPort(unmapped(from.address), from.port) });
  }

  #fail(reason: string): void {
    this.counters.failed.set(reason, (this.counters.failed.get(reason) ?? 0) + 1);
  }
}

/** An IPv6 socket sees IPv4 senders in their mapped form; everybody else writes them plainly. */
function unmapped(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
