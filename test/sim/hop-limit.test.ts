import { expect, test } from "vitest";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

/** Number of datagrams that all nodes have sent. */
function sentBy(network: ProgramNetwork): number {
  return network.addresses.reduce((sum, address) => sum + network.node(address).metrics().network.sent, 0);
}

/** Two gateways that each take the other for a gateway of every overlay, without any check. */
const CARELESS = `
materialize(other, infinity, 1, keys(1)).
accept hello(number).
go:   hello@gone::"10.0.0.9:10000"(1) :- periodic(_, 1, 1), other("10.0.0.2:10000").
pass: pass@Gateway(To, Packet) :- else.send(To, Packet), other(Gateway).
out:  packet@To(Packet) :- pass(To, Packet).
`;

test("a tuple that gateways pass to each other is dropped after 32 hops", () => {
  const addresses = addressesOf(2);
  const facts = (address: string) => [{ predicate: "other", args: addresses.filter((other) => other !== address) }];
  const network = new ProgramNetwork({ program: CARELESS, addresses, facts });
  network.pass(60);
  expect(sentBy(network)).toBe(33);
  const drops = addresses.map((address) => network.node(address).counters.drops.get("hop limit") ?? 0);
  expect(drops.toSorted((one, other) => one - other)).toEqual([0, 1]);
});

/** `serves` names an overlay that the gateway has not loaded. */
const WRONG = `
import "anycast.mzl".
accept hello(number).
go: hello@gone::"10.0.0.9:10000"(1) :- periodic(_, 1), peer(_), localAddr("10.0.0.1:10000").
`;

test("a gateway with a wrong serves fact announces nothing, and drops tuples that are passed to it", () => {
  const addresses = addressesOf(3);
  const facts = (address: string) => [
    { predicate: "serves", args: ["gone"] },
    ...addresses.filter((other) => other !== address).map((other) => ({ predicate: "peer", args: [other] })),
  ];
  const network = new ProgramNetwork({ program: WRONG, addresses, facts });
  network.pass(10);
  expect(addresses.map((address) => network.rows(address, "nearest"))).toEqual([[], [], []]);
  expect(sentBy(network)).toBe(0);
});
