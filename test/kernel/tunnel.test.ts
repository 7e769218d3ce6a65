import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { needs } from "../needs.ts";
import { digestOf } from "./pattern.ts";
import { TunnelPair } from "./tunnel-pair.ts";

const BYTES = 64 << 20;
/** Number of datagrams. Half of them must arrive: a busy machine loses some outside the tunnel. */
const DATAGRAMS = 1_000;

/** Options: all offloads, and each of them missing. */
const OPTIONS: readonly (readonly string[])[] = [
  [],
  ["--no-tso"],
  ["--no-gso"],
  ["--no-gro"],
  ["--no-tso", "--no-gso", "--no-gro"],
];

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "cc", "IPv6");
  skip(reason !== undefined, reason);
});

describe("a tunnel between two kernels", () => {
  test.each(OPTIONS.map((options) => ({ options, name: options.join(" ") || "with all offloads" })))(
    "carries a stream and datagrams byte by byte, $name",
    { timeout: 60_000 },
    async ({ options }) => {
      await using pair = new TunnelPair(options);
      await pair.ready();
      await pair.serve("serve", BYTES);
      expect(await pair.ask("fetch")).toBe(digestOf(BYTES));
      await pair.serve("echo");
      expect(Number(await pair.ask("flood", DATAGRAMS, 1200))).toBeGreaterThan(DATAGRAMS / 2);
      expect(pair.badChecksums()).toBe(0);
    },
  );

  test("whose rules put bytes before each packet carries a stream", { timeout: 60_000 }, async () => {
    const rules = fileURLToPath(new URL("shim-tunnel.mzl", import.meta.url));
    await using pair = new TunnelPair([], "link", undefined, undefined, undefined, rules);
    await pair.ready(40_000);
    await pair.serve("serve", BYTES / 4);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES / 4));
    expect(pair.badChecksums()).toBe(0);
  });

  test("has the MTU that just fits the path to its peer", async () => {
    await using pair = new TunnelPair();
    await pair.ready();
    expect(pair.a.run("ip", "link", "show", "moz")).toContain(" mtu 1439 ");
    pair.a.run("ping", "-c", "1", "-M", "do", "-s", "1411", "100.64.8.2");
    expect(() => pair.a.run("ping", "-c", "1", "-M", "do", "-s", "1412", "100.64.8.2")).toThrow(/too long/);
  });

  test("continues when one datagram in a hundred is lost", { timeout: 60_000 }, async ({ skip }) => {
    skip(needs("nft") !== undefined, needs("nft"));
    await using pair = new TunnelPair(["--no-gso"]);
    await pair.ready();
    pair.a.run("nft", "add table inet f");
    pair.a.run("nft", "add chain inet f i { type filter hook input priority 0; }");
    pair.a.run("nft", "add rule inet f i udp dport 10000 numgen random mod 100 < 1 drop");
    await pair.serve("serve", BYTES / 4);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES / 4));
    expect(pair.badChecksums()).toBe(0);
  });

  test("continues when the MTU of the link drops below its trains, and logs it", { timeout: 60_000 }, async () => {
    await using pair = new TunnelPair();
    await pair.ready();
    for (const host of [pair.a, pair.b]) host.run("ip", "link", "set", "out", "mtu", "1280");
    await pair.serve("serve", BYTES / 4);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES / 4));
    expect(pair.said).toContain("datagrams to 10.77.8.1:10000 are sent one by one");
    expect(pair.badChecksums()).toBe(0);
  });

  test("continues over a path that silently drops long packets", { timeout: 60_000 }, async ({ skip }) => {
    skip(needs("nft", "sysctl") !== undefined, needs("nft", "sysctl"));
    await using pair = new TunnelPair([], "silent router");
    await pair.ready();
    await pair.serve("serve", BYTES / 16);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES / 16));
    expect(pair.badChecksums()).toBe(0);
  });

  test.each([
    { outer: 4, inner: 4 },
    { outer: 6, inner: 6 },
  ] as const)(
    "of IPv$inner over IPv$outer continues over an interface without checksum offload",
    { timeout: 60_000 },
    async (families) => {
      const program = built("no-checksums.c");
      await using pair = new TunnelPair([], "link", families);
      for (const host of [pair.a, pair.b]) host.run(program, "out");
      await pair.ready();
      await pair.serve("serve", BYTES / 4);
      expect(await pair.ask("fetch")).toBe(digestOf(BYTES / 4));
      expect(pair.badChecksums()).toBe(0);
    },
  );

  test("continues when the kernel refuses GSO for such an interface, and logs it", { timeout: 60_000 }, async () => {
    const library = built("no-segments.c", "-shared", "-fPIC", "-ldl");
    await using pair = new TunnelPair([], "link", { outer: 4, inner: 4 }, [`LD_PRELOAD=${library}`]);
    await pair.ready();
    await pair.serve("serve", BYTES / 4);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES / 4));
    expect(pair.said).toContain("the interface does not support UDP GSO (EIO); datagrams are sent one by one");
    expect(pair.badChecksums()).toBe(0);
  });
});

/** Compiles a C file of this folder. The result is removed after the test. */
function built(source: string, ...options: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-kernel-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = join(folder, source.replace(".c", ""));
  const file = fileURLToPath(new URL(source, import.meta.url));
  expect(spawnSync("cc", ["-o", program, file, ...options]).status).toBe(0);
  return program;
}
