import { beforeEach, describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { goodOutcome, transferAcross } from "./changing-path.ts";

const BYTES: number = Number(process.env["BYTES"] ?? 256 << 20);

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "nft", "sysctl", "IPv6");
  skip(reason !== undefined, reason);
});

describe.each([4, 6] as const)("a long transfer over IPv%d", (outer) => {
  describe.each([4, 6] as const)("of IPv%d", (inner) => {
    test.each(["drops to 1280", "swallows"] as const)("goes on when its path %s in its midst", async (change) => {
      const families = { outer, inner };
      expect(await transferAcross(families, change, BYTES)).toEqual(goodOutcome(families, change));
    });
  });
});
