import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { needs } from "../needs.ts";
import type { Namespace } from "../native/namespace.ts";
import { alter, goodOutcome, NARROW, transferAcross } from "./changing-path.ts";
import { digestOf } from "./pattern.ts";
import { type Families, TunnelPair } from "./tunnel-pair.ts";

const BYTES = 8 << 20;
const WAIT = { timeout: 20_000, interval: 50 };

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "nft", "sysctl", "IPv6");
  skip(reason !== undefined, reason);
});

// `sizes.long.test.ts` has all combinations.
test.concurrent.each([
  { families: { outer: 6, inner: 4 }, change: "drops to 1280" },
  { families: { outer: 4, inner: 6 }, change: "drops long packets" },
] as const)(
  "a transfer by IPv$families.inner over IPv$families.outer continues when its path $change meanwhile",
  { timeout: 60_000 },
  async ({ families, change }) => {
    expect(await transferAcross(families, change, BYTES / 2)).toEqual(goodOutcome(families, change));
  },
);

test("trains are as long as the path carries", { timeout: 60_000 }, async () => {
  await using pair = new TunnelPair(["--metrics", "9464"]);
  await pair.ready();
  await pair.serve("serve", BYTES);
  await pair.ask("fetch");
  for (const host of [pair.a, pair.b]) host.run("ip", "link", "set", "out", "mtu", "1280");
  const fetch = async (): Promise<number> => {
    const before = trainsSent(pair.b);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES));
    return trainsSent(pair.b) - before;
  };
  while (!NARROW.test(pair.said)) await fetch();
  expect(await fetch()).toBeGreaterThan(BYTES / 65_536 / 2);
});

test("long tuples arrive though the path drops long datagrams", { timeout: 60_000 }, async () => {
  const program = fileURLToPath(new URL("large-tuple.mzl", import.meta.url));
  await using pair = new TunnelPair([program, "--watch", "came"], "router", { outer: 6, inner: 4 });
  await pair.ready();
  const arrivals = (): number => pair.watched.match(/came\(4096\)/g)?.length ?? 0;
  await vi.waitFor(() => expect(arrivals()).toBeGreaterThan(4), WAIT);
  alter(pair.router as Namespace, "drops long packets");
  await vi.waitFor(() => expect(pair.said).toMatch(NARROW), WAIT);
  const before = arrivals();
  await vi.waitFor(() => expect(arrivals()).toBeGreaterThan(before + 10), WAIT);
});

describe("a packet that is too long for the path of its peer", () => {
  test("is answered if it must not be fragmented, and fragmented if it may", { timeout: 60_000 }, async () => {
    await using pair = await narrowPair({ outer: 4, inner: 4 });
    const ping = (...options: readonly string[]): string =>
      pair.a.run("sh", "-c", `ping -c 2 -i 0.2 -W 1 ${options.join(" ")} 2>&1 || true`);
    expect(ping("-M", "do", "-s", "1400", pair.there)).toMatch(/mtu\W+1239\b/);
    expect(ping("-M", "dont", "-s", "1400", pair.there)).toContain(" 2 received");
    expect(ping("-M", "do", "-s", "1211", pair.there)).toContain(" 2 received");
    expect(ping("-M", "do", "-s", "1212", pair.there)).toContain(" 0 received");
  });

  test("is answered over IPv6 down to the least MTU of IPv6", { timeout: 60_000 }, async () => {
    await using pair = await narrowPair({ outer: 6, inner: 6 });
    const ping = (size: number): string =>
      pair.a.run("sh", "-c", `ping -c 2 -i 0.2 -W 1 -M do -s ${size} ${pair.there} 2>&1 || true`);
    // The message is from the answer, or from this kernel, which caches an earlier one.
    expect(ping(1370)).toMatch(/mtu\W+1280\b/);
    expect(ping(1232)).toContain(" 2 received");
    expect(ping(1233)).toContain(" 0 received");
  });
});

/** A pair whose path has MTU 1280, which a knows. */
async function narrowPair(families: Families): Promise<TunnelPair> {
  const pair = new TunnelPair([], "link", families);
  await pair.ready();
  for (const host of [pair.a, pair.b]) host.run("ip", "link", "set", "out", "mtu", "1280");
  const isFound = (): boolean => new RegExp(`${/[\d.:[\]a-f]+2\]?:10000:/.source} ${NARROW.source}`).test(pair.said);
  const wide = `ping -c 1 -W 0.2 -M dont -s 1300 ${pair.there}`;
  for (let tries = 0; tries < 120 && !isFound(); tries++) {
    pair.a.run("sh", "-c", `${wide} || true`);
    await sleep(100);
  }
  expect(isFound()).toBe(true);
  return pair;
}

/** Number of sends of several datagrams by one call. */
function trainsSent(host: Namespace): number {
  const page = 'fetch("http://127.0.0.1:9464/metrics").then((answer) => answer.text()).then(console.log)';
  const figures = host.run(process.execPath, "-e", page);
  return Number(/^mosaic_network_sent_trains_total (\d+)$/m.exec(figures)?.[1]);
}
