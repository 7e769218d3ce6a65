import { parseHostPort } from "../ip/host-port.ts";
import type { ConnectAttempt, ByteStream, Listening, Opened, Streams } from "../world/streams.ts";
import type { SimNetwork } from "./sim-network.ts";
import { SimStream } from "./sim-stream.ts";
import { StreamPipe } from "./stream-pipe.ts";
import type { TraceHash } from "./trace-hash.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Seconds without a way through after which a connection, or the attempt at one, is given up. */
const CONNECTION_PATIENCE = 900;
const ATTEMPT_PATIENCE = 130;

const FIRST_FREE_PORT = 32_768;
const LAST_FREE_PORT = 60_999;

const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"]);
const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

interface Listener {
  readonly host: number;
  readonly isLoopback: boolean;
  readonly taken: (stream: ByteStream) => void;
  readonly owner: SimStreams;
}

/** The listening sockets of all simulated hosts, and the ways between them. */
export class SimStreamNetwork {
  readonly #time: VirtualTime;
  readonly #network: SimNetwork;
  readonly #trace: TraceHash;
  readonly #listeners = new Map<string, Listener>();
  #nextPort = FIRST_FREE_PORT;

  constructor(time: VirtualTime, network: SimNetwork, trace: TraceHash) {
    this.#time = time;
    this.#network = network;
    this.#trace = trace;
  }

  /** The streams of one run of a host, whose address is at any time what `address` says (`host:port`). */
  open(host: number, address: () => string): SimStreams {
    return new SimStreams(this, host, address);
  }

  freePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === LAST_FREE_PORT ? FIRST_FREE_PORT : port + 1;
    return port;
  }

  /** False when somebody listens there. */
  add(place: string, listener: Listener): boolean {
    if (this.#listeners.has(place)) return false;
    this.#listeners.set(place, listener);
    return true;
  }

  remove(place: string, owner: SimStreams): void {
    if (this.#listeners.get(place)?.owner === owner) this.#listeners.delete(place);
  }

  /** The host that has the place, if there is one. */
  hostOf(place: string): number | undefined {
    return this.#listeners.get(place)?.host ?? this.#network.hostNamed(nameOf(place));
  }

  isReachable(from: number, to: number): boolean {
    return this.#network.isReachable(from, to);
  }

  listenerAt(place: string, from: number): Listener | undefined {
    const listener = this.#listeners.get(place);
    return listener?.isLoopback === true && listener.host !== from ? undefined : listener;
  }

  pipe(from: number, to: number, patience: number, gaveUp: () => void): StreamPipe {
    return new StreamPipe(this.#time, this.#network.link(from, to), patience, gaveUp);
  }

  trace(from: number, to: number, bytes: Uint8Array): void {
    this.#trace.add(this.#time.now, from, to, bytes);
  }
}

/** The streams of one run of a simulated host. */
export class SimStreams implements Streams {
  readonly #network: SimStreamNetwork;
  readonly #host: number;
  readonly #address: () => string;
  readonly #ends = new Set<SimStream>();
  readonly #places = new Set<string>();
  #isDown = false;

  constructor(network: SimStreamNetwork, host: number, address: () => string) {
    this.#network = network;
    this.#host = host;
    this.#address = address;
  }

  listen(address: string, taken: (stream: ByteStream) => void, opened: (outcome: Opened<Listening>) => void): void {
    const parsed = parseHostPort(address);
    if (!parsed.ok) return opened({ ok: false, reason: "no address" });
    const own = nameOf(this.#address());
    const { host } = parsed.at;
    const isLoopback = LOOPBACK.has(host) && host !== own;
    if (!isLoopback && !EVERYWHERE.has(host) && host !== own) return opened({ ok: false, reason: "not here" });
    const place = `${own}:${parsed.at.port === 0 ? this.#network.freePort() : parsed.at.port}`;
    if (!this.#network.add(place, { host: this.#host, isLoopback, taken, owner: this })) {
      return opened({ ok: false, reason: "in use" });
    }
    this.#places.add(place);
    opened({ ok: true, value: { address: place, close: () => this.#hearNoMore(place) } });
  }

  connect(address: string, opened: (outcome: Opened<ByteStream>) => void): ConnectAttempt {
    let isOff = false;
    const told = (outcome: Opened<ByteStream>): void => {
      if (!isOff && !this.#isDown) opened(outcome);
    };
    const place = this.#placeOf(address);
    const host = place === undefined ? undefined : this.#network.hostOf(place);
    if (place === undefined) told({ ok: false, reason: "no address" });
    else if (host === undefined) told({ ok: false, reason: "unresolved" });
    else if (!this.#network.isReachable(this.#host, host)) told({ ok: false, reason: "unreachable" });
    else this.#knock(place, host, told);
    return {
      cancel: () => {
        isOff = true;
      },
    };
  }

  close(): Promise<void> {
    this.#shut(false);
    return Promise.resolve();
  }

  /** The host goes down: what is connected to it is reset. */
  crash(): void {
    this.#shut(true);
  }

  #shut(isReset: boolean): void {
    this.#isDown = true;
    for (const place of this.#places) this.#hearNoMore(place);
    for (const end of this.#ends) {
      if (isReset) end.end(true);
      else end.close();
    }
  }

  #hearNoMore(place: string): void {
    this.#places.delete(place);
    this.#network.remove(place, this);
  }

  #placeOf(address: string): string | undefined {
    const parsed = parseHostPort(address);
    if (!parsed.ok || parsed.at.port === 0) return undefined;
    const { host, port } = parsed.at;
    const isOwn = LOOPBACK.has(host) || EVERYWHERE.has(host);
    return `${isOwn ? nameOf(this.#address()) : host}:${port}`;
  }

  /** Asks for a connection there, and waits for the answer. */
  #knock(place: string, to: number, opened: (outcome: Opened<ByteStream>) => void): void {
    const from = this.#host;
    const source = `${nameOf(this.#address())}:${this.#network.freePort()}`;
    const gaveUp = (): void => opened({ ok: false, reason: "timed out" });
    this.#network.pipe(from, to, ATTEMPT_PATIENCE, gaveUp).push(0, () => {
      const listener = this.#network.listenerAt(place, from);
      const back = this.#network.pipe(to, from, ATTEMPT_PATIENCE, gaveUp);
      if (listener === undefined) return back.push(0, () => opened({ ok: false, reason: "refused" }));
      const near = this.#end(place, to);
      const far = listener.owner.#end(source, from);
      join(near, far, this.#network, from, to);
      back.push(0, () => opened({ ok: true, value: near }));
      listener.taken(far);
    });
  }

  #end(peer: string, peerHost: number): SimStream {
    const traced = (bytes: Uint8Array): void => this.#network.trace(peerHost, this.#host, bytes);
    const end: SimStream = new SimStream(peer, traced, () => this.#ends.delete(end));
    if (this.#isDown) end.end(true);
    else this.#ends.add(end);
    return end;
  }
}

function join(near: SimStream, far: SimStream, network: SimStreamNetwork, from: number, to: number): void {
  const gaveUp = (): void => {
    near.break("timed out");
    far.break("timed out");
  };
  near.join(far, network.pipe(from, to, CONNECTION_PATIENCE, gaveUp));
  far.join(near, network.pipe(to, from, CONNECTION_PATIENCE, gaveUp));
}

/** The host of `host:port`. */
function nameOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
