/**
 * Datagrams over one UDP socket of `node:dgram`, one datagram per system call: the substitute for native-datagrams.ts where the
 * addon is not built.
 */
import type { RemoteInfo } from "node:dgram";
import { DgramAsPromised, type SocketAsPromised } from "dgram-as-promised";
import type { Datagram, DatagramCounters, Datagrams, SendQueue } from "../world/world.ts";
import { Destinations, type Family, type KnownDestination, type OnResolved, type Resolve } from "./destinations.ts";
import { formatHostPort, unmapped } from "../plan/values/host-port.ts";

/** Wanted size of the socket buffers. The kernel limits the size. */
const SOCKET_BUFFER_BYTES = 4 << 20;

/** Bytes that may wait in this process when the socket buffer is full. */
const SEND_QUEUE_BYTES = 4 << 20;

/** Greatest number of datagrams that wait for the lookup of one name. */
const WAITING_MAX = 64;

export type NodeDatagramsResult =
  | { readonly ok: true; readonly datagrams: Datagrams }
  | { readonly ok: false; readonly code: string };

/** Opens a socket. The host must be numeric. `onMoved` receives a message for the log when a name has moved to another address. */
export async function openNodeDatagrams(
  host: string,
  port: number,
  family: Family,
  maxPayload: number,
  resolve: Resolve,
  onMoved?: (message: string) => void,
): Promise<NodeDatagramsResult> {
  // Destinations are numeric, so the lookup returns them at once and does not wait for the resolver of Node.js.
  const socket = DgramAsPromised.createSocket({
    type: family === 6 ? "udp6" : "udp4",
    lookup: (name, _options, found) => found(null, name, family),
  });
  try {
    await socket.bind(port, host);
  } catch (error) {
    await socket.close();
    return { ok: false, code: codeOf(error) };
  }
  enlargeBuffers(socket);
  return { ok: true, datagrams: new NodeDatagrams(socket, family, maxPayload, resolve, onMoved) };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function enlargeBuffers(socket: SocketAsPromised): void {
  try {
    socket.socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    // The default sizes remain.
  }
}

/** Only opening and closing use promises. Each received datagram is an event, so no datagram waits for another. */
class NodeDatagrams implements Datagrams {
  readonly address: string;
  readonly maxPayload: number;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly #socket: SocketAsPromised;
  readonly #destinations: Destinations;
  #closed: Promise<void> | undefined;
  #receive: ((datagram: Datagram) => void) | undefined;

  constructor(
    socket: SocketAsPromised,
    family: Family,
    maxPayload: number,
    resolve: Resolve,
    onMoved: ((message: string) => void) | undefined,
  ) {
    const { address, port } = socket.address();
    this.address = formatHostPort(address, port);
    this.maxPayload = maxPayload;
    this.#socket = socket;
    const forward: OnResolved = (waiting, destination) => {
      for (const { bytes } of waiting) this.#forward(destination, bytes);
    };
    this.#destinations = new Destinations(family, resolve, forward, { onMoved });
    socket.socket.on("error", (error) => this.#fail(codeOf(error)));
    socket.socket.on("message", (bytes, from) => this.#take(bytes, from));
  }

  get queue(): SendQueue {
    const length = this.#closed === undefined ? this.#socket.socket.getSendQueueSize() : 0;
    return { length, limit: SEND_QUEUE_BYTES };
  }

  refusal(to: string): string | undefined {
    return this.#destinations.refusal(to);
  }

  numeric(to: string): string | undefined {
    return this.#destinations.numeric(to);
  }

  unanswered(to: string): void {
    this.#destinations.noteSilence(to);
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
        if (to.waiting.length < WAITING_MAX) to.waiting.push({ bytes, trafficClass: 0 });
        else this.#fail("unresolved");
    }
  }

  #transmit(to: KnownDestination, bytes: Uint8Array): void {
    if (this.#closed !== undefined) return this.#fail("closed");
    const socket = this.#socket.socket;
    if (socket.getSendQueueSize() > SEND_QUEUE_BYTES) return this.#fail("ENOBUFS");
    socket.send(bytes, to.port, to.host, (error, length) => this.#sent(to, error, length));
  }

  #sent(to: KnownDestination, error: Error | null, length: number): void {
    if (error !== null) {
      const code = codeOf(error);
      this.#destinations.noteFailure(code, to);
      return this.#fail(code);
    }
    this.counters.sent++;
    this.counters.sentBytes += length;
  }

  /** Passes a Uint8Array, because `slice` of a Buffer does not copy, unlike `slice` of a Uint8Array. */
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
