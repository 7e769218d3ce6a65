import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { fuzz } from "./fuzzer.ts";
import { LINK, newPair, open, seal } from "./link-pair.ts";

test("the replay window equals a plain list in 100,000,000 datagrams of both lanes", { timeout: 120_000 }, ({
  skip,
}) => {
  skip(needs("cc", "address sanitizer") !== undefined, needs("cc", "address sanitizer"));
  expect(fuzz("replay-window", 25)).toBeGreaterThan(100_000_000);
});

test("a session seals 2^24 datagrams of both lanes, and no more", { timeout: 120_000 }, ({ skip }) => {
  skip(needs("addon") !== undefined, needs("addon"));
  const { here, there } = newPair();
  const plain = Buffer.from([0x4d, 0x5a, 1, 0]);
  const sealed = Buffer.alloc(4096 * 32);
  for (let train = 0; train < 4095; train++) {
    expect(here.handle.seal(LINK, plain, 0, 4096, 0, 4, train % 2 === 0, sealed)).toBe(sealed.length);
  }
  for (let rest = 0; rest < 4096; rest++) expect(seal(here, plain)).toHaveLength(32);
  expect(seal(here, plain)).toHaveLength(0);
  expect(here.seals[LINK]).toBe(0);
  expect(open(here, seal(there, plain))).toEqual(plain);
});
