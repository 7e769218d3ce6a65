import { expect, test } from "vitest";
import { ChordNetwork, inOrder } from "./chord-network.ts";
import { grow, passUntilIdeal } from "./chord-ring.ts";

const KEYS = Array.from({ length: 40 }, (_, at) => `key ${at}`);
const COPIES = 3;

function put(network: ChordNetwork, value: string): void {
  const from = network.addresses;
  for (const [at, key] of KEYS.entries()) network.node(from[at % from.length] as string).insert("put", [key, value]);
  network.pass(5);
}

/** Returns the values of all keys, each asked of another node. */
function got(network: ChordNetwork): readonly unknown[] {
  const from = network.addresses;
  const asked = KEYS.map((key, at) => network.askFor(from[at % from.length] as string, key));
  network.pass(6);
  return asked.map((number) => network.answer(number));
}

/** Returns the number of nodes that hold each key. */
function holders(network: ChordNetwork): readonly number[] {
  const rows = network.addresses.flatMap((address) => network.node(address).rows("dht.item") ?? []);
  return KEYS.map((key) => rows.filter((row) => row[0] === key).length);
}

test("values are on the owner and its successors, and stay while nodes fail and join", () => {
  const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
  grow(network, 16);
  passUntilIdeal(network, 60);
  expect(got(network)).toEqual(KEYS.map(() => undefined));
  put(network, "one");
  expect(got(network)).toEqual(KEYS.map(() => "one"));
  expect(holders(network)).toEqual(KEYS.map(() => COPIES));

  put(network, "two");
  const dead = inOrder(network.addresses).filter((_, at) => at % 8 < 2);
  for (const address of dead) network.crash(address);
  passUntilIdeal(network, 60);
  expect(got(network)).toEqual(KEYS.map(() => "two"));

  grow(network, 24);
  passUntilIdeal(network, 60);
  expect(got(network)).toEqual(KEYS.map(() => "two"));
  network.pass(200);
  expect(holders(network)).toEqual(KEYS.map(() => COPIES));
});
