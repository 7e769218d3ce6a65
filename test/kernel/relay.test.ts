import { beforeEach, expect, test } from "vitest";
import { needs } from "../needs.ts";
import type { Namespace } from "../native/namespace.ts";
import { NARROW } from "./changing-path.ts";
import { digestOf } from "./pattern.ts";
import { TunnelPair } from "./tunnel-pair.ts";

const BYTES = 12 << 20;
/** Within so many transfers it is found out what a path carries. */
const TRANSFERS = 8;

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "IPv6");
  skip(reason !== undefined, reason);
});

/** What is for a leaves the node between by a link that is narrower than the one by which it came. */
test.each([4, 6] as const)(
  "a node between passes on by IPv%d what no datagram holds there, before it knows that and after",
  { timeout: 60_000 },
  async (outer) => {
    await using pair = new TunnelPair([], "relay", { outer, inner: 4 });
    const relay = pair.router as Namespace;
    pair.a.run("ip", "link", "set", "out", "mtu", "1280");
    relay.run("ip", "link", "set", "in", "mtu", "1280");
    await pair.ready();
    await pair.serve("serve", BYTES);
    for (let count = 0; count < TRANSFERS && !NARROW.test(pair.said); count++) {
      expect(await pair.ask("fetch")).toBe(digestOf(BYTES));
    }
    expect(pair.said).toMatch(NARROW);
    expect(await pair.ask("fetch")).toBe(digestOf(BYTES));
    const whole = `-c 3 -i 0.2 -W 2 -M do -s 1300 ${pair.here}`;
    expect(pair.b.run("ping", ...whole.split(" "))).toContain(" 3 received");
    expect(pair.badChecksums()).toBe(0);
  },
);
