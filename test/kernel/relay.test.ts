import { beforeEach, expect, test } from "vitest";
import { needs } from "../needs.ts";
import type { Namespace } from "../native/namespace.ts";
import { NARROW } from "./changing-path.ts";
import { digestOf } from "./pattern.ts";
import { TunnelPair } from "./tunnel-pair.ts";

const BYTES = 12 << 20;
/** Number of transfers within which the path size is found. */
const TRANSFERS = 8;

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "IPv6");
  skip(reason !== undefined, reason);
});

/** Packets for a leave the relay by a link with a smaller MTU than the link by which they arrived. */
test.each([4, 6] as const)(
  "a relay passes on over IPv%d packets that fit no datagram there, before and after it knows the path size",
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
