import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { MosaicProcess } from "../cli/mosaic.ts";
import { Namespace } from "../native/namespace.ts";
import { needs } from "../needs.ts";
import { digestOf } from "./pattern.ts";
import { transferBetween } from "./transfer-between.ts";

const RULES = fileURLToPath(new URL("two-wrappings.mzl", import.meta.url));
const BYTES = 2 << 20;
/** A long option: packets to its address gain more bytes than the device allows for at the start. */
const CONTRACT = "a customer's contract ".repeat(4);
const WAIT = { timeout: 30_000, interval: 200 };

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "nft");
  skip(reason !== undefined, reason);
});

/** Two hosts on a link. Each has two addresses in the tunnel: the packets for one have options, those for the other are sealed. */
class Hosts implements AsyncDisposable {
  readonly hosts: readonly Namespace[] = [new Namespace(), new Namespace()];
  readonly #nodes: readonly MosaicProcess[];

  constructor(secret: string, options: readonly string[]) {
    const [a, b] = this.hosts as readonly [Namespace, Namespace];
    a.run("ip", "link", "add", "out", "type", "veth", "peer", "name", "out", "netns", b.name);
    for (const [at, host] of this.hosts.entries()) {
      host.run("ip", "addr", "add", `10.79.8.${at + 1}/24`, "dev", "out");
      host.run("ip", "link", "set", "out", "up");
      host.run("nft", "add table inet f");
      host.run("nft", "add chain inet f p { type filter hook prerouting priority -500; }");
      host.run("nft", "add rule inet f p ip frag-off & 0x3fff != 0 counter");
      host.run("nft", "add rule inet f p udp dport 10000 @th,88,8 != 0 counter");
    }
    this.#nodes = this.hosts.map((host, at) => nodeOn(host, at + 1, secret, options));
  }

  /** Waits until packets for both addresses of the second host cross. */
  async ready(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.printed(/^mosaic: running /m, 40_000)));
    for (const [at, host] of this.hosts.entries())
      host.run("ip", "addr", "add", `100.64.8.${at + 11}/24`, "dev", "moz");
    const ping = (to: string): string => (this.hosts[0] as Namespace).run("ping", "-c", "1", "-W", "1", to);
    for (const to of ["100.64.8.2", "100.64.8.12"]) await vi.waitFor(() => ping(to), WAIT);
  }

  get logs(): string {
    return this.#nodes.map((node) => node.stderr).join("");
  }

  /** Numbers of packets that each rule of the filters saw. */
  get fragments(): readonly number[] {
    const rules = this.hosts.map((host) => host.run("nft", "list", "table", "inet", "f"));
    return [...rules.join("").matchAll(/counter packets (\d+)/g)].map(([, count]) => Number(count));
  }

  /** Share of the TCP segments of the second host, the sender, that it sent again. */
  get retransmittedShare(): number {
    const [names = [], values = []] = (this.hosts[1] as Namespace)
      .run("cat", "/proc/net/snmp")
      .split("\n")
      .filter((line) => line.startsWith("Tcp:"))
      .map((line) => line.split(" "));
    const count = (name: string): number => Number(values[names.indexOf(name)]);
    return count("RetransSegs") / count("OutSegs");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) node.kill("SIGTERM");
    await Promise.all(this.#nodes.map((node) => node.ended));
    for (const host of this.hosts) await host[Symbol.asyncDispose]();
  }
}

function nodeOn(host: Namespace, number: number, secret: string, more: readonly string[]): MosaicProcess {
  const other = `10.79.8.${3 - number}:10000`;
  const facts = [
    `addressMap("100.64.8.${3 - number}", qos::("${other}", 20ms, "${CONTRACT}"))`,
    `esp.tunnel("100.64.8.${13 - number}", "${other}")`,
    `esp.member("${other}")`,
  ];
  const device = ["--tun=moz", "--tun-addr", `100.64.8.${number}/24`, ...more, "--secret", `esp=${secret}`];
  const options = [
    "--insecure",
    "--listen",
    `10.79.8.${number}:10000`,
    ...device,
    ...facts.flatMap((fact) => ["--fact", fact]),
  ];
  return new MosaicProcess(["run", RULES, "--no-control", ...options], ["ip", "netns", "exec", host.name]);
}

/**
 * Settings of the device, whether the node lowers its MTU, how many fragments a host may get, and the share of segments that TCP may send
 * again. Sealed packets of the fixed MTU fit no link: their senders are notified, and those in flight at that time are fragmented.
 * Otherwise all would be, more than a thousand.
 */
const DEVICES = [
  { options: [], isLowered: true, most: 0, mostAgain: 0.05 },
  { options: ["--mtu", "1460"], isLowered: false, most: 100, mostAgain: 0.25 },
] as const;

test.for(DEVICES)(
  "TCP in full-size packets to destinations with options and with a seal causes at most $most fragments, with $options",
  {
    timeout: 90_000,
  },
  async ({ options, isLowered, most, mostAgain }) => {
    const folder = mkdtempSync(join(tmpdir(), "mosaic-kernel-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const secret = join(folder, "key");
    writeFileSync(secret, Buffer.alloc(32, 7), { mode: 0o600 });
    await using hosts = new Hosts(secret, options);
    await hosts.ready();
    const [a, b] = hosts.hosts as readonly [Namespace, Namespace];
    for (const [from, to] of [
      ["100.64.8.1", "100.64.8.2"],
      ["100.64.8.11", "100.64.8.12"],
    ] as const) {
      expect(await transferBetween(b, a, BYTES, to, from)).toBe(digestOf(BYTES));
    }
    // Neither way loses packets; a loaded machine delays some so much that TCP sends them again.
    expect(hosts.retransmittedShare).toBeLessThan(mostAgain);
    expect(hosts.fragments).toHaveLength(4);
    expect(Math.max(...hosts.fragments)).toBeLessThanOrEqual(most);
    const lowered =
      /moz: MTU 1\d\d\d instead of 1\d\d\d: longer packets to 10\.79\.8\.\d:10000 do not fit datagrams of 1452 bytes/;
    await vi.waitFor(() => expect(lowered.test(hosts.logs)).toBe(isLowered), WAIT);
  },
);
