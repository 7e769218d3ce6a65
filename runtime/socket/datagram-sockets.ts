/**
 * The UDP sockets that rules have opened. The element UdpRx calls `perform` when a step has committed a call of `udp.open` or
 * `udp.close`, and UdpTx calls `send`.
 */
import type { UdpCall } from "../plan/values/udp-call.ts";
import { isTrain, type Train } from "../plan/values/train.ts";
import type { DatagramTrain } from "../wire/datagram-train.ts";
import type { RandomStream } from "../world/random.ts";
import type { Opened } from "../world/streams.ts";
import type { UdpSockets } from "../world/udp-sockets.ts";
import type { Datagram, DatagramCounters, Datagrams } from "../world/world.ts";
import { ipAddressOf } from "./ip-address.ts";
import { type CallOutcome, type CallPerformer, failed, returned, type SocketCall } from "./socket-call.ts";

export interface DatagramSocketCounters {
  opened: number;
  closed: number;
  /** Numbers of failed calls, by call and reason: `open in use`. */
  readonly failed: Map<string, number>;
}

/** Callbacks of the sockets. */
export interface DatagramSocketOwner {
  /** A datagram, or a train of them, has arrived. Its bytes are valid only during the call. */
  readonly received: (socket: number, datagram: Datagram) => void;
  /** The limit of sockets is reached. The owner may close some. */
  readonly full: () => void;
}

const SOCKET_NUMBERS = 2 ** 48;
const EMPTY = new Uint8Array(0);

/** Sockets by number. Numbers are random and are not reused. Every error of a call becomes its outcome. */
export class DatagramSockets implements CallPerformer<UdpCall> {
  readonly counters: DatagramSocketCounters = { opened: 0, closed: 0, failed: new Map() };
  /** Greatest number of sockets. */
  readonly limit: number;
  readonly #udp: UdpSockets | undefined;
  readonly #draw: RandomStream;
  readonly #owner: DatagramSocketOwner;
  readonly #open = new Map<number, Datagrams>();
  /** Calls of `udp.open` without an outcome. */
  readonly #opening = new Map<number, SocketCall<UdpCall>>();
  /** Counts of the sockets that were closed. */
  readonly #past = emptyCounters();
  #isStopped = false;

  constructor(udp: UdpSockets | undefined, limit: number, draw: RandomStream, owner: DatagramSocketOwner) {
    this.#udp = udp;
    this.limit = limit;
    this.#draw = draw;
    this.#owner = owner;
  }

  /** Number of sockets that are open or being opened. */
  get count(): number {
    return this.#open.size + this.#opening.size;
  }

  get queries(): Iterable<number> {
    return this.#opening.keys();
  }

  get numbers(): Iterable<number> {
    return this.#open.keys();
  }

  /** Sums of the counters of all sockets, open and closed. */
  get traffic(): DatagramCounters {
    const sum = emptyCounters();
    for (const counters of [this.#past, ...[...this.#open.values()].map((socket) => socket.counters)]) {
      addCounters(sum, counters);
    }
    return sum;
  }

  isPending(query: number): boolean {
    return this.#opening.has(query);
  }

  idle(): readonly number[] {
    return [...this.#open.keys()];
  }

  perform(call: SocketCall<UdpCall>): void {
    if (call.call === "open") this.#openFor(call);
    else this.#closeFor(call);
  }

  withdraw(query: number): void {
    this.#opening.delete(query);
  }

  end(socket: number): boolean {
    const datagrams = this.#open.get(socket);
    if (datagrams === undefined) return false;
    this.#open.delete(socket);
    this.counters.closed++;
    void this.#close(datagrams);
    return true;
  }

  /** Sends a datagram, or each of a train, from a socket. Copies the bytes. Returns false if there is no such socket. */
  send(socket: number, to: string, bytes: Uint8Array): boolean {
    const datagrams = this.#open.get(socket);
    if (datagrams === undefined) return false;
    if (!isTrain(bytes)) datagrams.send(to, datagrams.copies === true ? bytes : new Uint8Array(bytes));
    else if (datagrams.sendTrain !== undefined) datagrams.sendTrain(to, bare(bytes));
    else for (const segment of bytes.segments()) datagrams.send(to, new Uint8Array(segment));
    return true;
  }

  /**
   * Returns the length of the longest datagram that leaves a socket for `to` unfragmented. Undefined if the path carries datagrams of every
   * length, or the kernel does not know the path.
   */
  unfragmented(socket: number, to: string): number | undefined {
    return this.#open.get(socket)?.unfragmented?.(to);
  }

  /** Closes all open sockets. Sockets that are being opened are closed as soon as they are open. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#opening.clear();
    const sockets = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(sockets.map((datagrams) => this.#close(datagrams)));
  }

  #openFor(call: SocketCall<UdpCall>): void {
    const address = ipAddressOf(call.inputs[0]);
    if (address === undefined) return this.#finish(call, failed("no address"));
    if (this.#udp === undefined) return this.#finish(call, failed("no network"));
    if (!this.#hasRoom()) return this.#finish(call, failed("no room"));
    this.#opening.set(call.query, call);
    this.#udp.open(address, (outcome) => this.#opened(call, outcome));
  }

  #opened(call: SocketCall<UdpCall>, outcome: Opened<Datagrams>): void {
    const isAwaited = this.#opening.get(call.query) === call;
    if (isAwaited) this.#opening.delete(call.query);
    if (!outcome.ok) return isAwaited ? this.#finish(call, failed(outcome.reason)) : undefined;
    if (!isAwaited || this.#isStopped) return void outcome.value.close();
    const datagrams = outcome.value;
    const socket = this.#register(datagrams);
    datagrams.onDatagram((datagram) => {
      if (this.#open.get(socket) === datagrams) this.#owner.received(socket, datagram);
    });
    this.#finish(call, returned(socket));
  }

  #register(datagrams: Datagrams): number {
    for (;;) {
      const socket = this.#draw.integer(SOCKET_NUMBERS);
      if (this.#open.has(socket)) continue;
      this.#open.set(socket, datagrams);
      this.counters.opened++;
      return socket;
    }
  }

  #closeFor(call: SocketCall<UdpCall>): void {
    const [socket] = call.inputs;
    const isClosed = typeof socket === "number" && this.end(socket);
    this.#finish(call, isClosed ? returned() : failed("no socket"));
  }

  #hasRoom(): boolean {
    if (this.count < this.limit) return true;
    this.#owner.full();
    return this.count < this.limit;
  }

  #finish(call: SocketCall<UdpCall>, outcome: CallOutcome): void {
    if (!outcome.ok) {
      const failure = `${call.call} ${outcome.reason}`;
      this.counters.failed.set(failure, (this.counters.failed.get(failure) ?? 0) + 1);
    }
    call.finish(outcome);
  }

  async #close(datagrams: Datagrams): Promise<void> {
    await datagrams.close();
    addCounters(this.#past, datagrams.counters);
  }
}

/** Returns a datagram train whose datagrams are the segments, without any bytes around them. */
function bare(train: Train): DatagramTrain {
  return { train, head: EMPTY, tail: EMPTY, lastHead: EMPTY, lastTail: EMPTY };
}

function emptyCounters(): DatagramCounters {
  return { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
}

function addCounters(sum: DatagramCounters, counters: DatagramCounters): void {
  sum.sent += counters.sent;
  sum.sentBytes += counters.sentBytes;
  sum.received += counters.received;
  sum.receivedBytes += counters.receivedBytes;
  for (const [reason, count] of counters.failed) sum.failed.set(reason, (sum.failed.get(reason) ?? 0) + count);
}
