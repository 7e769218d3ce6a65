/**
 * TCP of the simulator. SimStreams is the socket layer of one run of a host; SimStreamNetwork holds the listeners of all hosts.
 * A connection is two SimStream ends, joined by a StreamPipe in each direction, over the same links as datagrams.
 */
import { parseHostPort } from "../plan/values/host-port.ts";
import type { ConnectAttempt, ByteStream, Listening, Opened, Streams } from "../world/streams.ts";
import type { SimNetwork, Way } from "./sim-network.ts";
import { SimStream } from "./sim-stream.ts";
import { type Pipe, PipeChain, StreamPipe } from "./stream-pipe.ts";
import type { TraceHash } from "./trace-hash.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** A connection, or an attempt to connect, fails after its link has been down for so many seconds. */
const CONNECTION_TIMEOUT = 900;
const CONNECT_TIMEOUT = 130;

const FIRST_FREE_PORT = 32_768;
const LAST_FREE_PORT = 60_999;

const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"]);
const UNSPECIFIED: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

interface SimListener {
  readonly host: number;
  readonly isLoopback: boolean;
  /** Whether the listener accepts connections to all addresses of its host. */
  readonly isWildcard: boolean;
  readonly taken: (stream: ByteStream) => void;
  readonly owner: SimStreams;
}

/** The listening sockets of all simulated hosts. */
export class SimStreamNetwork {
  readonly #time: VirtualTime;
  readonly #network: SimNetwork;
  readonly #trace: TraceHash;
  readonly #listeners = new Map<string, SimListener>();
  #nextPort = FIRST_FREE_PORT;

  constructor(time: VirtualTime, network: SimNetwork, trace: TraceHash) {
    this.#time = time;
    this.#network = network;
    this.#trace = trace;
  }

  /** Opens the streams of one run of a host. `address` returns its present address (`host:port`). */
  open(host: number, address: () => string): SimStreams {
    return new SimStreams(this, host, address);
  }

  freePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === LAST_FREE_PORT ? FIRST_FREE_PORT : port + 1;
    return port;
  }

  /** Adds a listener. Returns false when the address is in use. */
  add(address: string, listener: SimListener): boolean {
    if (this.#listeners.has(address)) return false;
    this.#listeners.set(address, listener);
    return true;
  }

  remove(address: string, owner: SimStreams): void {
    if (this.#listeners.get(address)?.owner === owner) this.#listeners.delete(address);
  }

  /** Returns the number of the host that has the address. */
  hostOf(address: string): number | undefined {
    return this.#listeners.get(address)?.host ?? this.#network.hostNamed(hostPartOf(address));
  }

  way(from: number, to: number, address: string): Way | undefined {
    return this.#network.way(from, to, hostPartOf(address));
  }

  /** Whether a host has the IP address. */
  hasAddress(host: number, ip: string): boolean {
    return this.#network.addressesOf(host).includes(ip);
  }

  listenerAt(address: string, from: number): SimListener | undefined {
    const listener = this.#listeners.get(address) ?? this.#wildcardAt(address);
    return listener?.isLoopback === true && listener.host !== from ? undefined : listener;
  }

  /**
   * Returns the listener that accepts at all addresses of the host that has `address`. It is stored under the first address of the host.
   */
  #wildcardAt(address: string): SimListener | undefined {
    const host = this.#network.hostNamed(hostPartOf(address));
    const [first] = host === undefined ? [] : this.#network.addressesOf(host);
    const listener = this.#listeners.get(`${first}${address.slice(address.lastIndexOf(":"))}`);
    return listener?.isWildcard === true ? listener : undefined;
  }

  /** Returns a pipe over the links between consecutive hosts of a path. The first host is the sender. */
  pipe(hosts: readonly number[], timeout: number, timedOut: () => void): Pipe {
    const pipes = hosts.slice(1).map((to, at) => {
      const link = this.#network.link(hosts[at] as number, to);
      return new StreamPipe(this.#time, link, timeout, timedOut);
    });
    return pipes.length === 1 ? (pipes[0] as Pipe) : new PipeChain(pipes);
  }

  trace(from: number, to: number, bytes: Uint8Array): void {
    this.#trace.add(this.#time.now, from, to, bytes);
  }
}

/** The socket layer of one run of a simulated host. */
export class SimStreams implements Streams {
  readonly #network: SimStreamNetwork;
  readonly #host: number;
  readonly #address: () => string;
  readonly #ends = new Set<SimStream>();
  readonly #addresses = new Set<string>();
  #isDown = false;

  constructor(network: SimStreamNetwork, host: number, address: () => string) {
    this.#network = network;
    this.#host = host;
    this.#address = address;
  }

  listen(address: string, taken: (stream: ByteStream) => void, opened: (outcome: Opened<Listening>) => void): void {
    const parsed = parseHostPort(address);
    if (!parsed.ok) return opened({ ok: false, reason: "no address" });
    const own = hostPartOf(this.#address());
    const { host } = parsed.at;
    const isLoopback = LOOPBACK.has(host) && host !== own;
    const isWildcard = UNSPECIFIED.has(host);
    const isOther = this.#network.hasAddress(this.#host, host);
    if (!isLoopback && !isWildcard && host !== own && !isOther) return opened({ ok: false, reason: "not here" });
    const bound = `${isOther ? host : own}:${parsed.at.port === 0 ? this.#network.freePort() : parsed.at.port}`;
    if (!this.#network.add(bound, { host: this.#host, isLoopback, isWildcard, taken, owner: this })) {
      return opened({ ok: false, reason: "in use" });
    }
    this.#addresses.add(bound);
    opened({ ok: true, value: { address: bound, close: () => this.#stopListening(bound) } });
  }

  connect(address: string, opened: (outcome: Opened<ByteStream>) => void): ConnectAttempt {
    let isCancelled = false;
    const report = (outcome: Opened<ByteStream>): void => {
      if (!isCancelled && !this.#isDown) opened(outcome);
    };
    const resolved = this.#resolve(address);
    const host = resolved === undefined ? undefined : this.#network.hostOf(resolved);
    const way =
      resolved === undefined || host === undefined ? undefined : this.#network.way(this.#host, host, resolved);
    if (resolved === undefined) report({ ok: false, reason: "no address" });
    else if (host === undefined) report({ ok: false, reason: "unresolved" });
    else if (way === undefined) report({ ok: false, reason: "unreachable" });
    else this.#requestConnection(resolved, host, way, report);
    return {
      cancel: () => {
        isCancelled = true;
      },
    };
  }

  close(): Promise<void> {
    this.#stop(false);
    return Promise.resolve();
  }

  /** Stops the host. Its connections are reset. */
  crash(): void {
    this.#stop(true);
  }

  #stop(isReset: boolean): void {
    this.#isDown = true;
    for (const address of this.#addresses) this.#stopListening(address);
    for (const end of this.#ends) {
      if (isReset) end.end(true);
      else end.close();
    }
  }

  #stopListening(address: string): void {
    this.#addresses.delete(address);
    this.#network.remove(address, this);
  }

  #resolve(address: string): string | undefined {
    const parsed = parseHostPort(address);
    if (!parsed.ok || parsed.at.port === 0) return undefined;
    const { host, port } = parsed.at;
    const isOwn = LOOPBACK.has(host) || UNSPECIFIED.has(host);
    return `${isOwn ? hostPartOf(this.#address()) : host}:${port}`;
  }

  /** Sends a connection request, and reports the answer. */
  #requestConnection(address: string, to: number, way: Way, opened: (outcome: Opened<ByteStream>) => void): void {
    const from = this.#host;
    const hosts = [from, ...way.hosts];
    const source = `${way.source}:${this.#network.freePort()}`;
    const timedOut = (): void => opened({ ok: false, reason: "timed out" });
    this.#network.pipe(hosts, CONNECT_TIMEOUT, timedOut).push(0, () => {
      const listener = this.#network.listenerAt(address, from);
      const back = this.#network.pipe(hosts.toReversed(), CONNECT_TIMEOUT, timedOut);
      if (listener === undefined) return back.push(0, () => opened({ ok: false, reason: "refused" }));
      const near = this.#end(address, to);
      const far = listener.owner.#end(source, from);
      join(near, far, this.#network, hosts);
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

function join(near: SimStream, far: SimStream, network: SimStreamNetwork, hosts: readonly number[]): void {
  const timedOut = (): void => {
    near.break("timed out");
    far.break("timed out");
  };
  near.join(far, network.pipe(hosts, CONNECTION_TIMEOUT, timedOut));
  far.join(near, network.pipe(hosts.toReversed(), CONNECTION_TIMEOUT, timedOut));
}

/** Returns the host of `host:port`. */
function hostPartOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
