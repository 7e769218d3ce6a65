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

/** What the network may bring to a node that runs the program. */
function accepted(dialect: string): readonly string[] {
  const library = new FileLibrary();
  library.addText("program", `#pragma dialect ${dialect}\n${PROGRAM}`);
  const { plan } = compile(["program"], library, { defines: new Map(), dialect: undefined });
  return (plan?.predicates ?? []).filter((one) => one.wire.acceptTuple).map((one) => one.name);
}

test("in OverLog the network may raise every event that is heard, and fill tables that rules fill elsewhere", () => {
  expect(accepted("overlog").toSorted()).toEqual(["asked", "state", "told"]);
});

test("in Mozlog an event that rules raise here comes from here alone", () => {
  expect(accepted("mozlog").toSorted()).toEqual(["asked", "state"]);
});
