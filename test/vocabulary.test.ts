import { expect, test } from "vitest";
import { standardTerms } from "./house/vocabulary.ts";
import { writtenFiles } from "./house/tree.ts";

test("no file uses a private word that has a standard term", () => {
  expect(standardTerms(writtenFiles())).toEqual([]);
});

test.for([
  [
    "runtime/node/pass-ledger.ts",
    "",
    "runtime/node/pass-ledger.ts: file name: `pass-ledger`; say cacheable run, stateful",
  ],
  ["native/udp.c", "\n/* Whether a lesson is under way. */", "native/udp.c:2: `lesson`; say recording"],
  ["src/program/program.ts", "interface Place {}", "src/program/program.ts:1: `interface Place`; say location"],
  ["docs/control.md", "Its troubles are listed first.", "docs/control.md:1: `troubles`; say health problem"],
] as const)("a private word is found: %s", ([path, text, fault]) => {
  expect(standardTerms([{ path, text }])).toEqual([fault]);
});

test("renames in the change log and other senses of a word are allowed", () => {
  const files = [
    { path: "CHANGELOG.md", text: "- `--no-shortcuts` → `--no-flow-cache`" },
    { path: "programs/i3.mzl", text: "// The shortcut of i3 sends data directly." },
    { path: "docs/language.md", text: "A marketplace of places, in whole circles." },
  ];
  expect(standardTerms(files)).toEqual([]);
});
