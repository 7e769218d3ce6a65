import { expect, test } from "vitest";
import { ChordNetwork, inOrder } from "./chord-network.ts";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";

/** Messages of the nodes besides the question: pings, stabilisation, fingers. */
const OTHERS = 150;

test("a question that passes nodes whose ids are wrong ends", () => {
  const network = new ChordNetwork({
    successors: 3,
    program: "test/sim/chord-classic-client.mzl",
    faults: { delay: 0.001 },
  });
  network.pass(60);
  const [first = "", second = "", , last = ""] = inOrder(network.addresses);
  // Each of the two nodes takes the other one for the node just before the key, which neither has as its successor.
  const key = sha1(last);
  for (const [at, other] of [
    [first, second],
    [second, first],
  ] as const)
    network.node(at).insert("chord.finger", [0, key - 1n, other]);
  const before = sent(network);
  network.ask(first, key, "lookup");
  network.pass(4);
  expect(sent(network) - before).toBeLessThan(OTHERS);
});

/** Returns the number of datagrams that all nodes have sent. */
function sent(network: ChordNetwork): number {
  return network.addresses.reduce((sum, address) => sum + network.node(address).metrics().network.sent, 0);
}
