import { Address } from "../plan/values/address.ts";
import { IP_NETWORK } from "../plan/library/functions/addresses.ts";
import type { StreamCall } from "../plan/values/stream-call.ts";
import { isTrain } from "../plan/values/train.ts";
import type { Value } from "../plan/values/value.ts";
import type { RandomStream } from "../world/random.ts";
import type { ByteStream, Listening, Opened, Streams } from "../world/streams.ts";
import { Connection } from "./connection.ts";
import { Listener } from "./listener.ts";
import { ByteBudget } from "./byte-budget.ts";
import { type CallOutcome, failed, returned, type SocketCall } from "./socket-call.ts";
import type { SocketLimits } from "./socket-limits.ts";

export interface SocketCounters {
  accepted: number;
  connected: number;
  closed: number;
  /** Connections that found no room, and were closed. */
  turnedAway: number;
  readBytes: number;
  writtenBytes: number;
  /** Calls that failed, by call and reason: `connect refused`. */
  readonly failed: Map<string, number>;
}

/** What sockets ask of, and tell, their node. */
export interface SocketOwner {
  /** A socket has come to its end. */
  readonly closed: (socket: number) => void;
  /** A connection has found no room, and was closed. */
  readonly turnedAway: () => void;
  /** There is no room for one more: the owner may close some. */
  readonly full: () => void;
}

const SOCKET_NUMBERS = 2 ** 48;

/** A call that has no outcome yet, and how it is withdrawn. */
interface PendingCall {
  readonly call: SocketCall;
  readonly withdraw: () => void;
}

interface OpenSocket {
  readonly kind: Connection | Listener;
  /** Its end has been told. */
  isEndReported: boolean;
}

/**
 * The sockets of a node, by numbers that are drawn at random and never used again. Whatever calls say, and whatever the
 * world does, is an outcome.
 */
export class Sockets {
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
  readonly #held = new Map<number, OpenSocket>();
  readonly #calls = new Map<number, PendingCall>();
  /** Being opened. */
  #opening = 0;

  constructor(streams: Streams | undefined, limits: SocketLimits, draw: RandomStream, owner: SocketOwner) {
    this.#streams = streams;
    this.limits = limits;
    this.budget = new ByteBudget(limits.bytes);
    this.#draw = draw;
    this.#owner = owner;
  }

  /** All that count for the limit. */
  get count(): number {
    let waiting = 0;
    for (const { kind } of this.#held.values()) if (kind instanceof Listener) waiting += kind.waiting;
    return this.#held.size + this.#opening + waiting;
  }

  /** The queries of the calls that wait. */
  get queries(): Iterable<number> {
    return this.#calls.keys();
  }

  get numbers(): Iterable<number> {
    return this.#held.keys();
  }

  /** Whether a call with this query waits. */
  isPending(query: number): boolean {
    return this.#calls.has(query);
  }

  /** Sockets that no call waits for. */
  idle(): readonly number[] {
    return [...this.#held].flatMap(([socket, { kind }]) => (kind.isBusy ? [] : [socket]));
  }

  /** Does what the call asks for. No call with its query waits. */
  perform(call: SocketCall): void {
    const hasRoom = this.#calls.size < this.limits.calls;
    this.#calls.set(call.query, { call, withdraw: () => undefined });
    if (hasRoom) callHandlers[call.call](this, call);
    else this.#finish(call, failed("no room"));
  }

  /** Nobody waits for the call any more. */
  withdraw(query: number): void {
    const waiting = this.#calls.get(query);
    this.#calls.delete(query);
    waiting?.withdraw();
  }

  listen(call: SocketCall): void {
    const address = hostPortOf(call.inputs[0]);
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
      this.#finish(call, returned(this.#hold(listener)));
      for (const stream of early) this.#taken(listener, stream);
    };
    this.#streams?.listen(address, taken, opened);
  }

  connect(call: SocketCall): void {
    const address = hostPortOf(call.inputs[0]);
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

  close(call: SocketCall): void {
    const [socket] = call.inputs;
    if (typeof socket !== "number" || !this.end(socket)) return this.#finish(call, failed("no socket"));
    this.#finish(call, returned());
  }

  /** Closes a socket; its calls fail. False when there is none. */
  end(socket: number): boolean {
    const held = this.#held.get(socket);
    if (held === undefined) return false;
    this.#held.delete(socket);
    if (held.kind instanceof Connection) held.kind.close("closed");
    else for (const call of held.kind.close()) this.#finish(call, failed("closed"));
    this.counters.closed++;
    this.#tellEnd(socket, held);
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
      ended: () => this.#tellEnd(socket, this.#held.get(socket)),
      broken: () => {
        const held = this.#held.get(socket);
        this.#held.delete(socket);
        this.counters.closed++;
        this.#tellEnd(socket, held);
      },
      read: (bytes) => {
        this.counters.readBytes += bytes;
      },
      written: (bytes) => {
        this.counters.writtenBytes += bytes;
      },
    });
    const socket = this.#hold(connection);
    return socket;
  }

  #tellEnd(socket: number, held: OpenSocket | undefined): void {
    if (held === undefined || held.isEndReported) return;
    held.isEndReported = true;
    this.#owner.closed(socket);
  }

  #hold(kind: Connection | Listener): number {
    for (;;) {
      const socket = this.#draw.integer(SOCKET_NUMBERS);
      if (this.#held.has(socket)) continue;
      this.#held.set(socket, { kind, isEndReported: false });
      return socket;
    }
  }

  /** The socket that the call is about, if it is of this kind; otherwise the call fails. */
  #socket<T extends Connection | Listener>(call: SocketCall, kind: new (...args: never[]) => T): T | undefined {
    const [socket] = call.inputs;
    const held = typeof socket === "number" ? this.#held.get(socket)?.kind : undefined;
    if (held instanceof kind) return held;
    this.#finish(call, failed(held === undefined ? "no socket" : "wrong socket"));
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
      const what = `${call.call} ${outcome.reason}`;
      this.counters.failed.set(what, (this.counters.failed.get(what) ?? 0) + 1);
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
  close: (sockets, call) => sockets.close(call),
};

/** `host:port` of the IP network. */
function hostPortOf(value: Value | undefined): string | undefined {
  if (typeof value === "string") return value;
  const isOfNetwork = value instanceof Address && value.overlay === IP_NETWORK && value.options.length === 0;
  return isOfNetwork && typeof value.node === "string" ? value.node : undefined;
}

/** Bytes of their own: those of a rule may lie in a device's memory, which is used again before they are written. */
function bytesOf(value: Value | undefined): Uint8Array | undefined {
  if (typeof value === "string") return Buffer.from(value);
  if (!(value instanceof Uint8Array)) return undefined;
  return isTrain(value) ? Buffer.concat(value.segments()) : new Uint8Array(value);
}
