import { beforeEach, describe, expect, test } from "vitest";
import { type Bulk, bulkNeeds, carry, hasGrown } from "./bulk.ts";

const BULKS: readonly Bulk[] = [
  { fault: "none", streams: 1, bytes: 500_000_000 },
  { fault: "loss", streams: 8, bytes: 100_000_000 },
  { fault: "reordering", streams: 8, bytes: 100_000_000 },
];

beforeEach(({ skip }) => {
  const reason = bulkNeeds();
  skip(reason !== undefined, reason);
});

describe("a tunnel", () => {
  test.each(BULKS)(
    "carries $bytes bytes unchanged, in $streams streams, with $fault",
    { timeout: 60_000 },
    async (bulk) => {
      const { memory, counters, badChecksums } = await carry(bulk);
      expect(badChecksums).toBe(0);
      expect(memory.filter(hasGrown)).toEqual([]);
      const [to, from] = counters;
      expect(from).toMatchObject({ mosaic_network_gso: 1, 'mosaic_tun_tso{device="moz"}': 1 });
      expect(from?.["mosaic_network_sent_trains_total"]).toBeGreaterThan(100);
      expect(to?.['mosaic_tun_written_trains_total{device="moz"}']).toBeGreaterThan(100);
    },
  );
});
