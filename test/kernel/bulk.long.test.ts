import { beforeEach, describe, expect, test } from "vitest";
import { type Bulk, bulkNeeds, carry, hasGrown } from "./bulk.ts";

/** Bytes without and with faults. Default: 100 GB and 10 GB. */
const BYTES = Number(process.env["MOSAIC_BULK_GB"] ?? 100) * 1e9;
const FAULTY_BYTES = Number(process.env["MOSAIC_FAULTY_BULK_GB"] ?? 10) * 1e9;

const BULKS: readonly Bulk[] = [
  { fault: "none", streams: 1, bytes: BYTES },
  { fault: "loss", streams: 8, bytes: FAULTY_BYTES },
  { fault: "reordering", streams: 8, bytes: FAULTY_BYTES },
];

/** Fluctuation of the allocator, in megabytes. */
const UNEVEN = 1.1;

beforeEach(({ skip }) => {
  const reason = bulkNeeds();
  skip(reason !== undefined, reason);
});

describe("a tunnel", () => {
  test.each(BULKS)("carries $bytes bytes unchanged, with $fault, and does not grow", async (bulk) => {
    const carried = await carry(bulk);
    process.stdout.write(`${JSON.stringify({ ...bulk, ...carried }, undefined, 2)}\n`);
    expect(carried.badChecksums).toBe(0);
    expect(carried.memory.filter(hasGrown)).toEqual([]);
    for (const { early, late } of carried.resident) expect(late).toBeLessThan(early * UNEVEN);
  });
});
