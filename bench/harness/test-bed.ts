import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { Cleaner } from "../../lab/kernel/cleaner.ts";
import { makeLabFolder } from "../../lab/kernel/lab-folder.ts";

/** Three hosts in network namespaces, each pair joined by a veth device. */
export const HOSTS = ["a", "b", "c"] as const;
export type BedHost = (typeof HOSTS)[number];

/**
 * MTU of the veth devices: an inner packet of 1500 bytes and the headers of any tunnel fit, so that the kernel fragments no
 * datagram.
 */
const OUTER_MTU = 1700;

/** A MAC address of no device. Frames to it are lost silently. */
const UNUSED_MAC = "02:00:00:00:00:01";

const PAIRS: readonly (readonly [BedHost, BedHost])[] = [
  ["a", "b"],
  ["a", "c"],
  ["b", "c"],
];

/** The hosts of a bench and the processes on them. Closing it ends the processes and removes the namespaces. */
export class TestBed {
  readonly #prefix: string = `mz${process.pid}-bench-`;
  readonly #cleaner: Cleaner;
  #networks = 0;

  /** Throws when a namespace or device cannot be made. */
  constructor() {
    this.#cleaner = new Cleaner(this.#prefix, makeLabFolder());
    try {
      for (const host of HOSTS) ip("netns", "add", this.#name(host));
      for (const host of HOSTS) ip("-n", this.#name(host), "link", "set", "lo", "up");
      for (const pair of PAIRS) this.#connect(pair);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Adds a network for one contender: one address a host, reached over the direct devices. */
  addNetwork(): Network {
    const addresses = new Map(HOSTS.map((host, at) => [host, `10.78.${this.#networks}.${at + 1}`] as const));
    this.#networks++;
    for (const [host, address] of addresses) ip("-n", this.#name(host), "addr", "add", `${address}/32`, "dev", "lo");
    for (const [one, other] of PAIRS) {
      this.#route(one, addresses.get(other) ?? "", `to-${other}`, addresses.get(one) ?? "");
      this.#route(other, addresses.get(one) ?? "", `to-${one}`, addresses.get(other) ?? "");
    }
    return { addressOf: (host) => addresses.get(host) ?? "" };
  }

  /** Drops all later packets between the two hosts in this network, silently. */
  blackhole(network: Network, one: BedHost, other: BedHost): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const device = ["dev", `to-${to}`];
      ip(
        "-n",
        this.#name(from),
        "neigh",
        "replace",
        network.addressOf(to),
        "lladdr",
        UNUSED_MAC,
        ...device,
        "nud",
        "permanent",
      );
    }
  }

  spawn(host: BedHost, command: readonly string[]): ChildProcess {
    const child = spawn("ip", ["netns", "exec", this.#name(host), ...command], { stdio: ["ignore", "ignore", "pipe"] });
    child.on("error", () => {});
    return child;
  }

  /** Starts a command with pipes to standard input and output. Standard error passes through. */
  spawnWithPipes(host: BedHost, command: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
    return spawn("ip", ["netns", "exec", this.#name(host), ...command], { stdio: ["pipe", "pipe", "inherit"] });
  }

  /** Returns the output of a command on the host. The output is empty when the command fails or exceeds `seconds`. */
  async read(host: BedHost, seconds: number, command: readonly string[]): Promise<string> {
    const inside = ["netns", "exec", this.#name(host), ...command];
    const child = spawn("ip", inside, {
      stdio: ["ignore", "pipe", "ignore"],
      timeout: seconds * 1e3,
      killSignal: "SIGKILL",
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
    const code = await new Promise((resolve) => {
      child.once("error", () => resolve(undefined));
      child.once("close", resolve);
    });
    return code === 0 ? text : "";
  }

  close(): void {
    this.#cleaner.clean();
  }

  #name(host: BedHost): string {
    return `${this.#prefix}${host}`;
  }

  #connect([one, other]: readonly [BedHost, BedHost]): void {
    const [near, far] = [this.#name(one), this.#name(other)];
    ip("-n", near, "link", "add", `to-${other}`, "type", "veth", "peer", "name", `to-${one}`, "netns", far);
    for (const [namespace, device] of [
      [near, `to-${other}`],
      [far, `to-${one}`],
    ] as const) {
      ip("-n", namespace, "link", "set", device, "mtu", String(OUTER_MTU), "up");
    }
  }

  #route(host: BedHost, to: string, device: string, source: string): void {
    ip("-n", this.#name(host), "route", "add", `${to}/32`, "dev", device, "src", source);
  }
}

export interface Network {
  addressOf(host: BedHost): string;
}

function ip(...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${error?.message ?? stderr.trim()}`);
}
