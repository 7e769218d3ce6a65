/** Checks of rings of `chord.mzl`: `chord-ring.test.ts` has small rings, `chord-ring.long.test.ts` large ones. */
import { expect } from "vitest";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { type ChordNetwork, inOrder, ownerOf } from "./chord-network.ts";

/** Starts nodes one after the other, up to `count`. */
export function grow(network: ChordNetwork, count: number, secondsApart = 0.2): void {
  while (network.addresses.length < count) {
    network.join();
    network.pass(secondsApart);
  }
}

/** Returns the seconds until every node has the list and predecessor of the ideal ring; fails after `limit`. */
export function passUntilIdeal(network: ChordNetwork, limit: number): number {
  const start = network.simulation.now;
  while (network.strays().length > 0 && network.simulation.now < start + limit) network.pass(1);
  expect(network.strays()).toEqual([]);
  return network.simulation.now - start;
}

/** Asks as many nodes for the owners of keys. Returns the keys whose answer is wrong or missing. */
export function wrongLookups(
  network: ChordNetwork,
  count: number,
  view: "lookup" | "find" = "lookup",
): readonly bigint[] {
  const ring = inOrder(network.addresses);
  const asked = Array.from({ length: count }, (_, at) => {
    const key = sha1(`key ${at}`);
    return { key, number: network.ask(ring[at % ring.length] as string, key, view) };
  });
  network.pass(6);
  return asked.filter(({ key, number }) => network.answer(number) !== ownerOf(key, ring)).map(({ key }) => key);
}
