import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

/** Returns the codes of the diagnostics of a program, as part of a network or closed as for `mosaic eval`. */
function codes(text: string, ignoresLocations: boolean): readonly string[] {
  const library = new FileLibrary();
  library.addText("p.mzl", text);
  const { diagnostics } = compile(["p.mzl"], library, { defines: new Map(), dialect: undefined, ignoresLocations });
  return diagnostics.map(({ code }) => code);
}

const UNUSED = "materialize(t, infinity, infinity, keys(1)).\n";
const VALUE = 'materialize(n, infinity, infinity, keys(1)).\nn(ron::"a:1").\n';

test("a table of a closed program is a result, so it is not unused", () => {
  expect(codes(UNUSED, false)).toEqual(["W0227"]);
  expect(codes(UNUSED, true)).toEqual([]);
});

test("an address in a closed program is a value, so nothing sent there is dropped", () => {
  expect(codes(VALUE, false)).toEqual(["W0202"]);
  expect(codes(VALUE, true)).toEqual([]);
});

test("the table `member` of an overlay is not unused, because --peer fills it", () => {
  expect(codes("overlay o.\nmaterialize(member, infinity, infinity, keys(1)).\n", false)).not.toContain("W0227");
});
