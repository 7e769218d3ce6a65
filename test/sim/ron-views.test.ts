import { describe, expect, test } from "vitest";
import { ProgramNetwork } from "./program-network.ts";

const [A, B, C] = ["10.0.0.1:10000", "10.0.0.2:10000", "10.0.0.3:10000"] as const;
const MEMBERS = [A, B, C];

/** Rules outside of RON that call its views. */
const ASKING = `import "ron-views.mzl".
${MEMBERS.map((member) => `ron.member("${member}").`).join("\n")}
watch(told).
watch(failed).
q1: told("latency", From, To, X) :- ask(From, To), ron.latency(From, To, &X).
q2: told("loss", From, To, X) :- ask(From, To), ron.lossRate(From, To, &X).
q3: told("bandwidth", From, To, X) :- ask(From, To), ron.bandwidth(From, To, &X).
q4: failed("latency", To, Why) :- ron.latency!fail(_, To, Why).
q5: failed("loss", To, Why) :- ron.lossRate!fail(_, To, Why).
q6: failed("bandwidth", To, Why) :- ron.bandwidth!fail(_, To, Why).
`;

/** Returns the answer to the node at A when it asks `from` for its path to `to`. */
function ask(net: ProgramNetwork, from: string, to: string): readonly string[] {
  net.said.length = 0;
  net.node(A).insert("ask", [from, to]);
  net.pass(5);
  return sorted(net.said.map(({ tuple }) => (tuple.slice(1) as string[]).join(" ")));
}

function sorted(texts: readonly string[]): readonly string[] {
  return texts.toSorted((one, other) => one.localeCompare(other));
}

/** Returns its measurements of its path: latency and loss. */
function measured(net: ProgramNetwork, from: string, to: string): readonly [number, number] {
  const [, , latency, loss] = net.rows(from, "ron.link").find((row) => row[0] === from && row[1] === to) ?? [];
  return [latency as number, loss as number];
}

describe("RON answers queries about its paths", () => {
  const net = new ProgramNetwork({ program: ASKING, addresses: MEMBERS, seed: 5, faults: { delay: 0.02, loss: 0.05 } });
  net.pass(60);
  // No loss, so that no answer is lost.
  for (const from of MEMBERS) {
    for (const to of MEMBERS) if (to !== from) net.simulation.changeLink(from, to, { delay: 0.02 });
  }

  test.each([
    ["at the node that asks", A],
    ["at another member", B],
  ])("what its table says, %s", (_, from) => {
    const before = measured(net, from, C);
    net.said.length = 0;
    net.node(A).insert("ask", [from, C]);
    net.pass(0.1);
    const after = measured(net, from, C);
    const told = new Map(net.said.map(({ tuple: [, what, ...row] }) => [what as string, row]));
    expect(sorted([...told.keys()])).toEqual(["bandwidth", "latency", "loss"]);
    const [latency = NaN, loss = NaN, bandwidth] = ["latency", "loss", "bandwidth"].map((what) => {
      return told.get(what)?.[2] as number;
    });
    // A probe may have ended while the query was in flight.
    expect([before, after]).toContainEqual([latency, loss]);
    expect(loss).toBeGreaterThan(0);
    expect(bandwidth).toBeCloseTo((11584 / latency) * Math.sqrt(1.5 / loss), 0);
  });

  test("with `no such path` for an unknown node, and with `the path is down`", () => {
    const nobody = "10.0.0.9:10000";
    expect(ask(net, B, nobody)).toEqual([
      `bandwidth ${nobody} no such path`,
      `latency ${nobody} no such path`,
      `loss ${nobody} no such path`,
    ]);
    net.simulation.cut(A, C);
    net.pass(10);
    expect(ask(net, A, C)).toEqual([
      `bandwidth ${C} the path is down`,
      `latency ${C} the path is down`,
      `loss ${C} the path is down`,
    ]);
  });
});
