import { describe, expect, test } from "vitest";
import { expandedRules } from "../../src/cli/explain/expanded-rules.ts";
import { compile } from "../../src/compile.ts";
import { AS_WRITTEN } from "../session/as-written.ts";
import { libraryOf } from "../session/library-of.ts";
import { runCase } from "./run-case.ts";
import { casesIn, type TextCase } from "./text-case.ts";

/** Constructs that `explain --ndlog` cannot print, according to docs/explain.md. */
const NOT_WRITTEN = /!fail|outcome\(|^overlay |f_randID/m;

function expansionOf({ program, files }: TextCase): string {
  const options = { defines: new Map<string, string>(), dialect: undefined, optimisations: AS_WRITTEN };
  const { core } = compile(["program"], libraryOf(program + files), options);
  if (core === undefined) throw new Error("the program of the case has errors");
  return expandedRules(core, undefined);
}

/** Failed derivations: the printed rules also compute with the answers to the calls of other rules (docs/explain.md). */
const FAILED = /^failed \d+$/;

/** Results of each command, sorted, without predicates that are private to calls, and without failed derivations. */
function results(text: string, { program, commands }: TextCase): readonly string[] {
  const views = [...program.matchAll(/^\s*def ([\w.]+)/gm)].map(([, name]) => name);
  const isPrivate = new RegExp(String.raw`\b(${views.join("|")})\.\w+|_call\d|\?\d|_DELTA_`);
  return runCase(`${text}---\n${commands}`)
    .split(/^(?=> )/m)
    .filter((part) => !isPrivate.test(part.split("\n")[0] ?? ""))
    .map((part) => {
      const lines = part.trimEnd().split("\n");
      return lines
        .filter((line) => !isPrivate.test(line) && !FAILED.test(line))
        .toSorted()
        .join("\n");
    });
}

describe.for(["../session/cases/", "cases/"])(
  "the rules that `explain --ndlog` prints behave like the program in %s",
  (folder) => {
    const calling = casesIn(folder).filter(
      ({ program, files, name }) =>
        /^\s*def /m.test(program) && !NOT_WRITTEN.test(program + files) && !name.endsWith("calls that are not allowed"),
    );

    test.for(calling)("$name", (one) => {
      expect(results(expansionOf(one), one)).toEqual(results(`${one.program}${one.files}`, one));
    });
  },
);
