import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

const PROGRAM = `
  materialize(state, infinity, infinity, keys(1)).
  materialize(mine, infinity, infinity, keys(1)).
  r1 told(@X, 0) :- asked(@X).
  r2 mine(@X, E) :- told(@X, E).
  r3 state(@Y, E) :- told(@X, E), mine(@X, Y).
  r4 private(@X) :- told(@X, E).
`;

/** Returns the predicates that a node running the program accepts from the network. */
function accepted(dialect: string): readonly string[] {
  const library = new FileLibrary();
  library.addText("program", `#pragma dialect ${dialect}\n${PROGRAM}`);
  const { plan } = compile(["program"], library, { defines: new Map(), dialect: undefined });
  return (plan?.predicates ?? []).filter((one) => one.wire.acceptTuple).map((one) => one.name);
}

test("OverLog accepts every event that a rule subscribes to, and rows of tables that rules fill on other nodes", () => {
  expect(accepted("overlog").toSorted()).toEqual(["asked", "state", "told"]);
});

test("Mozlog does not accept an event that rules of the same node raise", () => {
  expect(accepted("mozlog").toSorted()).toEqual(["asked", "state"]);
});
