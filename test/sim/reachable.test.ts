import { expect, test } from "vitest";
import { streamOf } from "../../runtime/world/random.ts";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

/** Rules r1 and r2 of the MOSAIC paper (section 4.1). */
const PROGRAM = `materialize(link, infinity, infinity, keys(1,2)).
materialize(reachable, infinity, infinity, keys(1,2)).
r1 reachable(@S,D) :- link(@S,D).
r2 reachable(@S,D) :- link(@S,Z), reachable(@Z,D).
`;

const COUNT = 10;
const LINKS = 14;
/** Seconds after which all rows are acknowledged and nothing is in flight. */
const QUIET = 10;

/** Nodes that are reachable over one link or more. */
function reachedFrom(start: string, links: readonly (readonly [string, string])[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const [from, to] of links) {
      if (from !== at || reached.has(to)) continue;
      reached.add(to);
      open.push(to);
    }
  }
  return reached;
}

test.for([1, 2, 3])(
  "ten nodes know whom they reach, and after each link that goes, whom they no longer do (graph %d)",
  (seed) => {
    const addresses = addressesOf(COUNT);
    const random = streamOf(seed, "links");
    const network = new ProgramNetwork({ program: PROGRAM, addresses, seed, faults: { delay: 0.01, loss: 0.1 } });
    const one = (): string => addresses[random.integer(COUNT)] as string;
    const links = Array.from({ length: LINKS }, (): readonly [string, string] => [one(), one()]);
    const expectReached = (): void => {
      network.pass(QUIET);
      for (const address of addresses) {
        const rows = network.rows(address, "reachable").map(([, to]) => to as string);
        expect(rows.toSorted()).toEqual([...reachedFrom(address, links)].toSorted());
      }
    };
    for (const [from, to] of links) network.node(from).insert("link", [from, to]);
    expectReached();
    while (links.length > 0) {
      const [cut] = links.splice(random.integer(links.length), 1);
      const [from, to] = cut as readonly [string, string];
      if (links.some((link) => link[0] === from && link[1] === to)) continue;
      network.node(from).delete("link", [from, to]);
      expectReached();
    }
  },
);
