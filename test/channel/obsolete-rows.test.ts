/** Rows that a peer sent before it restarted, and does not send again, are deleted in parts: no step deletes many of them. */
import { expect, test, vi } from "vitest";
import { Engine } from "../../runtime/engine/engine.ts";
import type { Limits } from "../../runtime/engine/limits/limits.ts";
import type { StepInput } from "../../runtime/engine/step-input.ts";
import { addressesOf, ProgramNetwork } from "../sim/program-network.ts";

const [HERE, THERE] = addressesOf(2) as [string, string];
const PROGRAM = `
materialize(peer, infinity, infinity, keys(1)).
materialize(item, infinity, infinity, keys(1)).
materialize(copy, infinity, infinity, keys(1)).
c: copy@Peer(N) :- peer(Peer), item(N).
`;
const ROWS = 2000;
/** Rows of one part, and the changes of one message. */
const PART_MAX = 128 + 16;

const facts = (address: string): { predicate: string; args: string[] }[] =>
  address === THERE ? [{ predicate: "peer", args: [HERE] }] : [];

test("no step deletes more than a part of the rows of a peer that restarted without them", () => {
  const network = new ProgramNetwork({ program: PROGRAM, addresses: [HERE, THERE], facts });
  for (let number = 0; number < ROWS; number++) network.node(THERE).insert("item", [number]);
  network.pass(5);
  expect(network.rows(HERE, "copy")).toHaveLength(ROWS);
  network.simulation.host(THERE).restart();
  network.node(THERE).insert("item", [-1]);
  let most = 0;
  const { step } = Engine.prototype as { readonly step: (this: Engine, input: StepInput) => boolean };
  using _ = vi.spyOn(Engine.prototype, "step").mockImplementation(function (this: Engine, input: StepInput) {
    const before = network.rows(HERE, "copy").length;
    const isCommitted = step.call(this, input);
    most = Math.max(most, before - network.rows(HERE, "copy").length);
    return isCommitted;
  });
  network.pass(5);
  expect(network.rows(HERE, "copy")).toEqual([[-1]]);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(PART_MAX);
});

test.each<[string, Partial<Limits>, (network: ProgramNetwork) => void]>([
  ["restarted", { queued: 4 }, (network): void => network.simulation.host(THERE).restart()],
  ["fell silent", { queued: 4 }, (network): void => network.crash(THERE)],
  ["restarted", { derivations: 100 }, (network): void => network.simulation.host(THERE).restart()],
  ["fell silent", { derivations: 100 }, (network): void => network.crash(THERE)],
])("all rows of a peer that %s are deleted within the limits %o", (_, limits, end) => {
  const network = new ProgramNetwork({ program: PROGRAM, addresses: [HERE, THERE], facts, limits });
  for (let number = 0; number < ROWS; number++) network.node(THERE).insert("item", [number]);
  network.pass(5);
  expect(network.rows(HERE, "copy")).toHaveLength(ROWS);
  end(network);
  network.pass(40);
  expect(network.rows(HERE, "copy")).toEqual([]);
});
