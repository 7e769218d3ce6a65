import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { digestOf } from "./pattern.ts";
import { TunnelPair } from "./tunnel-pair.ts";
import { compiled, testOffloads, testWithoutChecksums, tunnelNeeds } from "./tunnel.ts";

// The nodes of this file warm up, as those of users do.
delete process.env["MOSAIC_WARM_UP"];

const BYTES = 8 << 20;

beforeEach(({ skip }) => {
  const reason = tunnelNeeds();
  skip(reason !== undefined, reason);
});

describe("a tunnel between two kernels", () => {
  // `tunnel.long.test.ts` has the other cases of this test, and of the one without checksum offload. It also has a path that silently
  // drops long packets: `sizes.test.ts` has one that begins to drop them.
  testOffloads([[], ["--no-tso", "--no-gso", "--no-gro"]], BYTES);

  test("whose rules put bytes before each packet carries a stream", { timeout: 60_000 }, async () => {
    const rules = fileURLToPath(new URL("shim-tunnel.mzl", import.meta.url));
    await using pair = new TunnelPair([], "link", undefined, undefined, undefined, rules);
    await pair.ready(40_000);
    await pair.serve("serve", BYTES);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES));
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
    await pair.serve("serve", BYTES);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES));
    expect(pair.said).toContain("datagrams to 10.77.8.1:10000 are sent one by one");
    expect(pair.badChecksums()).toBe(0);
  });

  testWithoutChecksums([{ outer: 6, inner: 6 }], BYTES);

  test("continues when the kernel refuses GSO for such an interface, and logs it", { timeout: 60_000 }, async () => {
    const library = compiled("no-segments.c", "-shared", "-fPIC", "-ldl");
    await using pair = new TunnelPair([], "link", { outer: 4, inner: 4 }, [`LD_PRELOAD=${library}`]);
    await pair.ready();
    await pair.serve("serve", BYTES);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES));
    expect(pair.said).toContain("the interface does not support UDP GSO (EIO); datagrams are sent one by one");
    expect(pair.badChecksums()).toBe(0);
  });
});
