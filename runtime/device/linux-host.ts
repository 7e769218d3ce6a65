/**
 * The addresses of this host. The addon reports by netlink that devices, addresses or routes have changed; then all addresses are read
 * again, at most ten times a second. Without the addon the addresses are read once a second.
 */
import { networkInterfaces } from "node:os";
import { performance } from "node:perf_hooks";
import { HOST_CHANGE, loadNative, type Native, type NetlinkHandle } from "../../native/index.ts";
import { formatHostPort, parseHostPort } from "../plan/values/host-port.ts";
import type { HostAddress, HostAddresses } from "../world/host-addresses.ts";
import type { Family } from "./destinations.ts";
import { hostAddressesIn } from "./netlink-messages.ts";

/** Least time from the report of a change to the reading, since a change causes several reports; least time between two readings. */
const SETTLE_MS = 20;
const READ_EVERY_MS = 100;
/** Time between two readings where the kernel does not report changes. */
const POLL_MS = 1_000;

/** Any port: no datagram is sent to it. */
const PORT = 9;
/** Addresses that only the default route leads to. They are reserved for documentation (RFC 5737, RFC 3849). */
const DEFAULTS: ReadonlyMap<Family, string> = new Map([
  [4, "192.0.2.1"],
  [6, "2001:db8::1"],
]);

const UNSPECIFIED: ReadonlyMap<string, readonly Family[]> = new Map([
  ["0.0.0.0", [4]],
  ["::", [4, 6]],
]);

export interface LinuxHostOptions {
  /** Numeric hosts of the peers. The node announces the address from which the host sends to the first peer to which it has a route. */
  readonly peers: readonly string[];
  /** Whether the device of this name is a TUN interface of this process. */
  readonly isOwnDevice: (name: string) => boolean;
}

/** The state of the host at the last reading. */
interface Reading {
  readonly all: readonly HostAddress[];
  /** The addresses from which the host sends to the peers and by the default routes, in this order. */
  readonly sources: readonly string[];
}

export class LinuxHost implements HostAddresses {
  readonly #options: LinuxHostOptions;
  readonly #native: Native | undefined;
  readonly #netlink: NetlinkHandle | undefined;
  readonly #listeners: (() => void)[] = [];
  #reading: Reading;
  #readAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LinuxHostOptions) {
    const native = loadNative();
    this.#options = options;
    this.#native = "missing" in native ? undefined : native;
    this.#netlink = this.#subscribe();
    this.#reading = this.#read();
    if (this.#netlink === undefined) this.#timer = setInterval(() => this.#update(), POLL_MS).unref();
  }

  get all(): readonly HostAddress[] {
    return this.#reading.all;
  }

  endpoints(bound: string): readonly string[] {
    const parsed = parseHostPort(bound);
    const families = parsed.ok ? UNSPECIFIED.get(parsed.at.host) : undefined;
    if (!parsed.ok || families === undefined) return [];
    const { all, sources } = this.#reading;
    const own = new Set(all.map(({ ip }) => ip));
    const listed = families.flatMap((family) => [...own].filter((ip) => familyOf(ip) === family));
    const preferred = sources.filter((ip) => listed.includes(ip)).slice(0, 1);
    return [...new Set([...preferred, ...listed])].map((ip) => formatHostPort(ip, parsed.at.port));
  }

  problem(bound: string): string | undefined {
    const parsed = parseHostPort(bound);
    const isEverywhere = parsed.ok && UNSPECIFIED.has(parsed.at.host);
    return isEverywhere && this.endpoints(bound).length === 0 ? "no device that is up has an address" : undefined;
  }

  onChange(changed: () => void): void {
    this.#listeners.push(changed);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#listeners.length = 0;
    const netlink = this.#netlink;
    if (netlink !== undefined) await new Promise<void>((resolve) => netlink.close(resolve));
  }

  /** Undefined if the addon is missing, or the kernel refuses netlink. */
  #subscribe(): NetlinkHandle | undefined {
    const netlink = this.#native?.openNetlink();
    if (netlink === undefined || "errno" in netlink) return undefined;
    netlink.start((changes) => {
      if ((changes & (HOST_CHANGE.addresses | HOST_CHANGE.routes)) !== 0) this.#updateSoon();
    });
    return netlink;
  }

  #updateSoon(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(SETTLE_MS, this.#readAtMs + READ_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#update();
    }, wait).unref();
  }

  #update(): void {
    const before = JSON.stringify(this.#reading);
    this.#reading = this.#read();
    if (JSON.stringify(this.#reading) === before) return;
    for (const changed of this.#listeners) changed();
  }

  #read(): Reading {
    this.#readAtMs = performance.now();
    const own = this.#addresses().filter(({ device }) => !this.#options.isOwnDevice(device));
    const all = own.toSorted((one, other) => compare(one.device, other.device) || compare(one.ip, other.ip));
    return { all, sources: this.#sources() };
  }

  #addresses(): readonly HostAddress[] {
    const dump = this.#native?.netlinkDump();
    return dump === undefined || "errno" in dump ? addressesOfInterfaces() : hostAddressesIn(dump);
  }

  #sources(): readonly string[] {
    const native = this.#native;
    if (native === undefined) return [];
    const targets = [...this.#options.peers, ...DEFAULTS.values()];
    return targets.flatMap((host) => {
      const address = native.socketAddress(host, PORT);
      const source = address === undefined ? "" : native.sourceHost(address);
      return source === "" ? [] : [source];
    });
  }
}

function familyOf(ip: string): Family {
  return ip.includes(":") ? 6 : 4;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** Returns the addresses that Node.js lists, which are those of devices that are up. */
function addressesOfInterfaces(): readonly HostAddress[] {
  try {
    return Object.entries(networkInterfaces()).flatMap(([device, addresses = []]) =>
      addresses
        .filter(({ address, internal }) => !internal && !/^(?:169\.254\.|fe[89ab])/.test(address))
        .map(({ address }) => ({ device, ip: address })),
    );
  } catch {
    // The kernel refuses netlink altogether.
    return [];
  }
}
