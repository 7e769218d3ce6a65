import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FileLibrary } from "../src/cli/files/file-library.ts";
import { compile } from "../src/compile.ts";
import { functionNames, stageNames } from "../runtime/plan/library/functions/registry.ts";

test.for(["docs/language.md", "README.md"])("every program in %s compiles", (file) => {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  const programs = [...text.matchAll(/^```prolog\n([^]*?)^```$/gm)].map(([, program = ""]) => program);
  expect(programs.length).toBeGreaterThan(0);
  for (const program of programs) {
    const library = new FileLibrary();
    const declared = program.includes("ron.RT")
      ? "overlay ron.\nmaterialize(ron.RT, infinity, infinity, keys(1)).\nf: ron.RT(A, A, 0) :- fill(A).\n"
      : "";
    library.addText(file, `${declared}${program}`);
    const { diagnostics } = compile([file], library, { defines: new Map(), dialect: undefined });
    expect(diagnostics.map((one) => one.message)).toEqual([]);
  }
});

test("docs/language.md lists every function and stage, and no others", () => {
  const text = readFileSync(new URL("../docs/language.md", import.meta.url), "utf8");
  const listed = [...text.matchAll(/^\| `(f_\w+)\(/gm)].map(([, name = ""]) => name);
  expect(listed.toSorted()).toEqual(functionNames().toSorted());
  const stages = [...text.matchAll(/^\| `stage\("(\w+)"/gm)].map(([, name = ""]) => name);
  expect(stages.toSorted()).toEqual(stageNames().toSorted());
});
