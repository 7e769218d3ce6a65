/** UDP sockets of rules in the simulator: SimUdpSockets is the socket layer of one run of a host. */
import { parseHostPort } from "../plan/values/host-port.ts";
import type { Opened } from "../world/streams.ts";
import type { UdpSockets } from "../world/udp-sockets.ts";
import type { Datagrams } from "../world/world.ts";
import { SimDatagrams, type SimUdpSocket } from "./sim-datagrams.ts";
import type { SimNetwork } from "./sim-network.ts";

/** Longest payload of a datagram over IPv4. */
const MAX_PAYLOAD = 65_507;

/** Longest payload that a link of 1500 bytes carries in one packet, over IPv4 and over IPv6. */
const UNFRAGMENTED = { ipv4: 1472, ipv6: 1452 } as const;

const FIRST_FREE_PORT = 32_768;
const LAST_FREE_PORT = 60_999;

const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"]);
const UNSPECIFIED: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

export class SimUdpSockets implements UdpSockets {
  readonly #network: SimNetwork;
  readonly #host: number;
  readonly #address: () => string;
  readonly #open = new Set<RuleSocket>();
  #nextPort = FIRST_FREE_PORT;

  /** `address` returns the present address of the host (`host:port`). */
  constructor(network: SimNetwork, host: number, address: () => string) {
    this.#network = network;
    this.#host = host;
    this.#address = address;
  }

  open(address: string, opened: (outcome: Opened<Datagrams>) => void): void {
    const parsed = parseHostPort(address);
    if (!parsed.ok) return opened({ ok: false, reason: "no address" });
    const { host, port } = parsed.at;
    const own = hostPartOf(this.#address());
    const isOwn = host === own || `[${host}]` === own;
    const isLoopback = LOOPBACK.has(host) && !isOwn;
    const isOther = this.#network.addressesOf(this.#host).includes(host);
    if (!isLoopback && !UNSPECIFIED.has(host) && !isOwn && !isOther) return opened({ ok: false, reason: "not here" });
    const binding = { ip: isOther ? host : own, isLoopback, isWildcard: UNSPECIFIED.has(host) };
    const socket = port === 0 ? this.#atFreePort(binding) : this.#at(binding, port);
    opened(socket === undefined ? { ok: false, reason: "in use" } : { ok: true, value: socket });
  }

  /** Closes all sockets, when the host goes down. */
  crash(): void {
    for (const socket of this.#open) socket.stop();
  }

  #atFreePort(binding: Binding): RuleSocket | undefined {
    for (let tries = FIRST_FREE_PORT; tries <= LAST_FREE_PORT; tries++) {
      const port = this.#nextPort;
      this.#nextPort = port === LAST_FREE_PORT ? FIRST_FREE_PORT : port + 1;
      const socket = this.#at(binding, port);
      if (socket !== undefined) return socket;
    }
    return undefined;
  }

  #at(binding: Binding, port: number): RuleSocket | undefined {
    const closed = (): void => {
      this.#open.delete(socket);
      this.#network.removeSocket(socket);
    };
    const socket: RuleSocket = new RuleSocket(this.#network, this.#host, port, binding, closed);
    if (!this.#network.addSocket(socket)) return undefined;
    this.#open.add(socket);
    return socket;
  }
}

/** Addresses of its host that a socket is bound to. */
interface Binding {
  readonly ip: string;
  readonly isLoopback: boolean;
  /** Whether the socket is bound to all addresses of its host. */
  readonly isWildcard: boolean;
}

class RuleSocket extends SimDatagrams implements SimUdpSocket {
  readonly isLoopback: boolean;
  override readonly isWildcard: boolean;
  readonly #network: SimNetwork;
  readonly #closed: () => void;

  constructor(network: SimNetwork, host: number, port: number, binding: Binding, closed: () => void) {
    super(network, host, `${binding.ip}:${port}`, MAX_PAYLOAD);
    this.#network = network;
    this.isLoopback = binding.isLoopback;
    this.isWildcard = binding.isWildcard;
    this.#closed = closed;
  }

  /**
   * A socket on the loopback interface reaches only its own host. Every socket reaches its own host by the names of the loopback interface.
   */
  override transmit(to: string, bytes: Uint8Array): boolean {
    const parsed = parseHostPort(to);
    if (!parsed.ok) return false;
    if (LOOPBACK.has(parsed.at.host)) return this.#network.sendLocally(this, String(parsed.at.port), bytes);
    return !this.isLoopback && this.#network.send(this, to, bytes);
  }

  /** Links carry datagrams of every length, but their senders see those of Ethernet, as hosts of a lab do. */
  unfragmented(to: string): number | undefined {
    const parsed = parseHostPort(to);
    if (!parsed.ok || LOOPBACK.has(parsed.at.host)) return undefined;
    return parsed.at.host.includes(":") ? UNFRAGMENTED.ipv6 : UNFRAGMENTED.ipv4;
  }

  override stop(): void {
    super.stop();
    this.#closed();
  }
}

/** Returns the host of `host:port`. */
function hostPartOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
