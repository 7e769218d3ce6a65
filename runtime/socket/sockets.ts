/**
 * The TCP sockets of a node. The element Tcp calls `perform` when a step has committed a call of a TCP view, and the outcome of the call
 * starts a further step.
 */
import type { StreamCall } from "../plan/values/stream-call.ts";
import { isTrain } from "../plan/values/train.ts";
import type { Value } from "../plan/values/value.ts";
import type { RandomStream } from "../world/random.ts";
import type { ByteStream, Listening, Opened, Streams } from "../world/streams.ts";
import { Connection } from "./connection.ts";
import { Listener } from "./listener.ts";
import { ByteBudget } from "./byte-budget.ts";
import { ipAddressOf } from "./ip-address.ts";
import { type CallOutcome, type CallPerformer, failed, returned, type SocketCall } from "./socket-call.ts";
import type { SocketLimits } from "./socket-limits.ts";

export interface SocketCounters {
  accepted: number;
  connected: number;
  closed: number;
  /** Connections closed because a limit was reached. */
  turnedAway: number;
  readBytes: number;
  writtenBytes: number;
  /** Numbers of failed calls, by call and reason: `connect refused`. */
  readonly failed: Map<string, number>;
}

/** Callbacks of the sockets. */
export interface SocketOwner {
  /** A socket has been closed, by either end. */
  readonly closed: (socket: number) => void;
  /** A connection was closed because a limit was reached. */
  readonly turnedAway: () => void;
  /** The limit of sockets is reached. The owner may close some. */
  readonly full: () => void;
}

const SOCKET_NUMBERS = 2 ** 48;

/** Call without an outcome, and the function that cancels it. */
interface PendingCall {
  readonly call: SocketCall;
  readonly withdraw: () => void;
}

interface OpenSocket {
  readonly endpoint: Connection | Listener;
  /** Whether `SocketOwner.closed` was called. */
  isEndReported: boolean;
}

/** Sockets by number. Numbers are random and are not reused. Every error, of a call or of the network, becomes an outcome of a call. */
export class Sockets implements CallPerformer<StreamCall> {
  readonly counters: SocketCounters = {
    accepted: 0,
    connected: 0,
    closed: 0,
    turnedAway: 0,
    readBytes: 0,
    writtenBytes: 0,
    failed: new Map(),
  };
  readonly budget: ByteBudget;
  readonly limits: SocketLimits;
  readonly #streams: Streams | undefined;
  readonly #draw: RandomStream;
  readonly #owner: SocketOwner;
  readonly #open = new Map<number, OpenSocket>();
  readonly #calls = new Map<number, PendingCall>();
  /** Number of sockets being opened. */
  #opening = 0;

  constructor(streams: Streams | undefined, limits: SocketLimits, draw: RandomStream, owner: SocketOwner) {
    this.#streams = streams;
    this.limits = limits;
    this.budget = new ByteBudget(limits.bytes);
    this.#draw = draw;
    this.#owner = owner;
  }

  /** Number of sockets that count for the limit. */
  get count(): number {
    let waiting = 0;
    for (const { endpoint } of this.#open.values()) if (endpoint instanceof Listener) waiting += endpoint.waiting;
    return this.#open.size + this.#opening + waiting;
  }

  /** Query ids of the pending calls. */
  get queries(): Iterable<number> {
    return this.#calls.keys();
  }

  get numbers(): Iterable<number> {
    return this.#open.keys();
  }

  /** Returns whether a call with this query id is pending. */
  isPending(query: number): boolean {
    return this.#calls.has(query);
  }

  /** Returns the numbers of the sockets without pending calls. */
  idle(): readonly number[] {
    return [...this.#open].flatMap(([socket, { endpoint }]) => (endpoint.isBusy ? [] : [socket]));
  }

  /** Performs a call. No call with the same query id may be pending. */
  perform(call: SocketCall): void {
    const hasRoom = this.#calls.size < this.limits.calls;
    this.#calls.set(call.query, { call, withdraw: () => undefined });
    if (hasRoom) callHandlers[call.call](this, call);
    else this.#finish(call, failed("no room"));
  }

  /** Cancels a call. It gets no outcome. */
  withdraw(query: number): void {
    const waiting = this.#calls.get(query);
    this.#calls.delete(query);
    waiting?.withdraw();
  }

  listen(call: SocketCall): void {
    const address = ipAddressOf(call.inputs[0]);
    if (!this.#mayOpen(call, address)) return;
    const early: ByteStream[] = [];
    let listener: Listener | undefined;
    const taken = (stream: ByteStream): void => {
      if (listener === undefined) early.push(stream);
      else this.#taken(listener, stream);
    };
    const opened = (outcome: Opened<Listening>): void => {
      this.#opening--;
      if (!outcome.ok) return this.#finish(call, failed(outcome.reason));
      if (!this.#isWaiting(call)) return outcome.value.close();
      listener = new Listener(outcome.value);
      this.#finish(call, returned(this.#register(listener)));
      for (const stream of early) this.#taken(listener, stream);
    };
    this.#streams?.listen(address, taken, opened);
  }

  connect(call: SocketCall): void {
    const address = ipAddressOf(call.inputs[0]);
    if (!this.#mayOpen(call, address)) return;
    const attempt = this.#streams?.connect(address, (outcome) => {
      this.#opening--;
      if (!outcome.ok) return this.#finish(call, failed(outcome.reason));
      this.counters.connected++;
      this.#finish(call, returned(this.#connection(outcome.value)));
    });
    this.#withdrawBy(call, () => {
      this.#opening--;
      attempt?.cancel();
    });
  }

  accept(call: SocketCall): void {
    const listener = this.#socket(call, Listener);
    if (listener === undefined) return;
    const stream = listener.accept(call);
    if (stream !== undefined) return this.#accepted(call, stream);
    this.#withdrawBy(call, () => listener.withdraw(call));
  }

  read(call: SocketCall): void {
    const connection = this.#socket(call, Connection);
    if (connection === undefined) return;
    const length = call.inputs[1];
    if (typeof length !== "number" || !Number.isInteger(length) || length < 0) {
      return this.#finish(call, failed("bad length"));
    }
    if (length > this.budget.limit) return this.#finish(call, failed("no room"));
    this.#withdrawBy(call, () => connection.withdraw(call));
    connection.read(call, length);
  }

  write(call: SocketCall): void {
    const connection = this.#socket(call, Connection);
    if (connection === undefined) return;
    const bytes = bytesOf(call.inputs[1]);
    if (bytes === undefined) return this.#finish(call, failed("no bytes"));
    if (!this.budget.fits(bytes.length)) return this.#finish(call, failed("no room"));
    this.#withdrawBy(call, () => connection.withdraw(call));
    connection.write(call, bytes);
  }

  shutdown(call: SocketCall): void {
    this.#socket(call, Connection)?.shutdown(call);
  }

  close(call: SocketCall): void {
    const [socket] = call.inputs;
    if (typeof socket !== "number" || !this.end(socket)) return this.#finish(call, failed("no socket"));
    this.#finish(call, returned());
  }

  /** Closes a socket. Its pending calls fail. Returns false if there is no such socket. */
  end(socket: number): boolean {
    const entry = this.#open.get(socket);
    if (entry === undefined) return false;
    this.#open.delete(socket);
    if (entry.endpoint instanceof Connection) entry.endpoint.close("closed");
    else for (const call of entry.endpoint.close()) this.#finish(call, failed("closed"));
    this.counters.closed++;
    this.#reportEnd(socket, entry);
    return true;
  }

  #mayOpen(call: SocketCall, address: string | undefined): address is string {
    if (address === undefined) this.#finish(call, failed("no address"));
    else if (this.#streams === undefined) this.#finish(call, failed("no network"));
    else if (!this.#hasRoom()) this.#finish(call, failed("no room"));
    else {
      this.#opening++;
      return true;
    }
    return false;
  }

  #hasRoom(): boolean {
    if (this.count < this.limits.sockets) return true;
    this.#owner.full();
    return this.count < this.limits.sockets;
  }

  #taken(listener: Listener, stream: ByteStream): void {
    if (!this.#hasRoom() || (!listener.isBusy && listener.waiting >= this.limits.backlog)) {
      this.counters.turnedAway++;
      this.#owner.turnedAway();
      return stream.close();
    }
    const call = listener.offer(stream);
    if (call !== undefined) this.#accepted(call, stream);
  }

  #accepted(call: SocketCall, stream: ByteStream): void {
    this.counters.accepted++;
    this.#finish(call, returned(this.#connection(stream), stream.peer));
  }

  #connection(stream: ByteStream): number {
    const connection: Connection = new Connection(stream, this.budget, {
      finish: (call, outcome) => this.#finish(call, outcome),
      ended: () => this.#reportEnd(socket, this.#open.get(socket)),
      broken: () => {
        const entry = this.#open.get(socket);
        this.#open.delete(socket);
        this.counters.closed++;
        this.#reportEnd(socket, entry);
      },
      read: (bytes) => {
        this.counters.readBytes += bytes;
      },
      written: (bytes) => {
        this.counters.writtenBytes += bytes;
      },
    });
    const socket = this.#register(connection);
    return socket;
  }

  #reportEnd(socket: number, entry: OpenSocket | undefined): void {
    if (entry === undefined || entry.isEndReported) return;
    entry.isEndReported = true;
    this.#owner.closed(socket);
  }

  #register(endpoint: Connection | Listener): number {
    for (;;) {
      const socket = this.#draw.integer(SOCKET_NUMBERS);
      if (this.#open.has(socket)) continue;
      this.#open.set(socket, { endpoint, isEndReported: false });
      return socket;
    }
  }

  /** Returns the socket of the call if it is of this kind. Otherwise the call fails. */
  #socket<T extends Connection | Listener>(call: SocketCall, kind: new (...args: never[]) => T): T | undefined {
    const [socket] = call.inputs;
    const endpoint = typeof socket === "number" ? this.#open.get(socket)?.endpoint : undefined;
    if (endpoint instanceof kind) return endpoint;
    this.#finish(call, failed(endpoint === undefined ? "no socket" : "wrong socket"));
    return undefined;
  }

  #isWaiting(call: SocketCall): boolean {
    return this.#calls.get(call.query)?.call === call;
  }

  #withdrawBy(call: SocketCall, withdraw: () => void): void {
    if (this.#isWaiting(call)) this.#calls.set(call.query, { call, withdraw });
  }

  #finish(call: SocketCall, outcome: CallOutcome): void {
    if (!this.#isWaiting(call)) return;
    this.#calls.delete(call.query);
    if (!outcome.ok) {
      const failure = `${call.call} ${outcome.reason}`;
      this.counters.failed.set(failure, (this.counters.failed.get(failure) ?? 0) + 1);
    }
    call.finish(outcome);
  }
}

const callHandlers: Readonly<Record<StreamCall, (sockets: Sockets, call: SocketCall) => void>> = {
  listen: (sockets, call) => sockets.listen(call),
  accept: (sockets, call) => sockets.accept(call),
  connect: (sockets, call) => sockets.connect(call),
  read: (sockets, call) => sockets.read(call),
  write: (sockets, call) => sockets.write(call),
  shutdown: (sockets, call) => sockets.shutdown(call),
  close: (sockets, call) => sockets.close(call),
};

/** Returns a copy of the bytes to write. Bytes of a rule may lie in a device buffer, which is reused before they are written. */
function bytesOf(value: Value | undefined): Uint8Array | undefined {
  if (typeof value === "string") return Buffer.from(value);
  if (!(value instanceof Uint8Array)) return undefined;
  return isTrain(value) ? Buffer.concat(value.segments()) : new Uint8Array(value);
}
