import { expect, test } from "vitest";
import { Address } from "../../runtime/plan/values/address.ts";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

/** RON whose members are reached by source routes. A rule tells each node its own address. */
const PROGRAM = `import "ron.mzl".
import "sr.mzl".
over: ron.localAddr(A) :- sr.self(S), A := sr::S.
say: hello@ron::To(X, Me) :- go(To, X), ron.localAddr(Me).
hear: heard(X, From) :- hello(X, From).
materialize(heard, infinity, infinity, keys(1)).
`;

test("ron runs over source routes without an address that somebody sets", () => {
  const addresses = addressesOf(3);
  const members = addresses.map((address) => new Address("sr", [address]));
  const facts = (own: string): { readonly predicate: string; readonly args: readonly Address[] }[] =>
    members.filter((_, at) => addresses[at] !== own).map((member) => ({ predicate: "ron.member", args: [member] }));
  const network = new ProgramNetwork({ program: PROGRAM, addresses, facts });
  network.pass(10);
  const [first = "", second = "", third = ""] = addresses;
  const [a, b, c] = members as [Address, Address, Address];
  expect(network.rows(first, "ron.localAddr")).toEqual([[a]]);
  const routes = network.rows(first, "ron.RT").map(([to, next]) => [to, next]);
  expect(routes).toEqual(
    expect.arrayContaining([
      [b, b],
      [c, c],
    ]),
  );
  network.node(first).insert("go", [b, 1]);
  network.pass(1);
  expect(network.rows(second, "heard")).toEqual([[1, a]]);
  network.simulation.cut(first, third);
  network.simulation.cut(third, first);
  network.pass(5);
  network.node(first).insert("go", [c, 2]);
  network.pass(1);
  expect(network.rows(third, "heard")).toEqual([[2, a]]);
});
