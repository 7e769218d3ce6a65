import { beforeEach, describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { alter, goodOutcome, NARROW, transferAcross } from "./changing-path.ts";
import type { Namespace } from "../native/namespace.ts";
import { TunnelPair } from "./tunnel-pair.ts";

const BYTES: number = Number(process.env["BYTES"] ?? 256 << 20);

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "nft", "sysctl", "IPv6");
  skip(reason !== undefined, reason);
});

describe.each([4, 6] as const)("a long transfer over IPv%d", (outer) => {
  describe.each([4, 6] as const)("of IPv%d", (inner) => {
    test.each(["drops to 1280", "drops long packets"] as const)(
      "continues when its path %s meanwhile",
      async (change) => {
        const families = { outer, inner };
        expect(await transferAcross(families, change, BYTES)).toEqual(goodOutcome(families, change));
      },
    );
  });
});

test.each([4, 6] as const)("a path over IPv%d that has grown is used fully again", async (outer) => {
  await using pair = new TunnelPair([], "router", { outer, inner: 4 });
  const router = pair.router as Namespace;
  const fetchUntil = async (said: RegExp): Promise<void> => {
    const end = Date.now() + 30_000;
    while (!said.test(pair.said) && Date.now() < end) await pair.ask("fetch");
    expect(pair.said).toMatch(said);
  };
  await pair.ready();
  await pair.serve("serve", 8 << 20);
  alter(router, "drops long packets");
  await fetchUntil(NARROW);
  router.run("nft", "delete", "table", "inet", "f");
  await fetchUntil(/datagrams of up to 1452 bytes again/);
});
