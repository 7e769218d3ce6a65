/** Tests of a tunnel between two kernels with many cases: `tunnel.test.ts` has some of the cases, `tunnel.long.test.ts` all. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { needs } from "../needs.ts";
import { digestOf } from "./pattern.ts";
import { type Families, TunnelPair } from "./tunnel-pair.ts";

/** Number of datagrams. Half of them must arrive: a busy machine loses some outside the tunnel. */
const DATAGRAMS = 1_000;

/** Options that switch offloads off. */
export type OffloadOptions = readonly ("--no-tso" | "--no-gso" | "--no-gro")[];

/** Returns a requirement of these tests that this host lacks; undefined when it lacks none. */
export function tunnelNeeds(): string | undefined {
  return needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "cc", "IPv6");
}

export function testOffloads(cases: readonly OffloadOptions[], bytes: number): void {
  test.each(cases.map((options) => ({ options, name: options.join(" ") || "with all offloads" })))(
    "carries a stream and datagrams byte by byte, $name",
    { timeout: 60_000 },
    async ({ options }) => {
      await using pair = new TunnelPair(options);
      await pair.ready();
      await pair.serve("serve", bytes);
      expect(await pair.ask("fetch")).toBe(digestOf(bytes));
      await pair.serve("echo");
      expect(Number(await pair.ask("flood", DATAGRAMS, 1200))).toBeGreaterThan(DATAGRAMS / 2);
      expect(pair.badChecksums()).toBe(0);
    },
  );
}

export function testSilentRouter(bytes: number): void {
  test("continues over a path that silently drops long packets", { timeout: 60_000 }, async ({ skip }) => {
    skip(needs("nft", "sysctl") !== undefined, needs("nft", "sysctl"));
    await using pair = new TunnelPair([], "silent router");
    await pair.ready();
    await pair.serve("serve", bytes);
    expect(await pair.ask("fetch")).toBe(digestOf(bytes));
    expect(pair.badChecksums()).toBe(0);
  });
}

export function testWithoutChecksums(cases: readonly Families[], bytes: number): void {
  test.each(cases)(
    "of IPv$inner over IPv$outer continues over an interface without checksum offload",
    { timeout: 60_000 },
    async (families) => {
      const program = compiled("no-checksums.c");
      await using pair = new TunnelPair([], "link", families);
      for (const host of [pair.a, pair.b]) host.run(program, "out");
      await pair.ready();
      await pair.serve("serve", bytes);
      expect(await pair.ask("fetch")).toBe(digestOf(bytes));
      expect(pair.badChecksums()).toBe(0);
    },
  );
}

/** Compiles a C file of this folder. The result is removed after the test. */
export function compiled(source: string, ...options: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-kernel-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = join(folder, source.replace(".c", ""));
  const file = fileURLToPath(new URL(source, import.meta.url));
  expect(spawnSync("cc", ["-o", program, file, ...options]).status).toBe(0);
  return program;
}
