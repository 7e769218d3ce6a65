import { expect, test } from "vitest";
import { functionNamed, registerFunction } from "../../../../runtime/plan/library/functions/registry.ts";
import { formatValue } from "../../../../runtime/plan/values/format.ts";
import { compile } from "../../../../src/compile.ts";
import { libraryOf } from "../../../session/library-of.ts";
import { runSession } from "../../../session/run-session.ts";

const SIGNATURE = { args: ["any", "any"], result: "string", pure: true } as const;

/** Replaces the function in this process, as `--plugin` does. */
test("a plug-in replaces f_timeDuration once, with other types, for programs and constants", () => {
  const seconds = functionNamed("f_timeDuration");
  expect(registerFunction("f_timeDuration", SIGNATURE, (args) => args.map(formatValue).join(" - "))).toBe(true);
  expect(registerFunction("f_timeDuration", SIGNATURE, () => "again")).toBe(false);
  expect(functionNamed("f_timeDuration")).not.toBe(seconds);
  const program = `
    lasted(string).
    a: lasted(f_timeDuration(X, "start")) :- ask(X).
    b: lasted(f_timeDuration(true, null)) :- ask(_).
    c: other(f_diffTime(X, 1)) :- ask(X).
    d: heard(X) :- lasted(X).
    e: heard(X) :- other(X).
  `;
  expect(runSession(program, ["insert ask(4)"]).split("\n")).toEqual([
    "> insert ask(4)",
    "event ask(4)",
    'event lasted("4 - \\"start\\"")',
    'event lasted("true - null")',
    "event other(3)",
    'event heard("4 - \\"start\\"")',
    'event heard("true - null")',
    "event heard(3)",
  ]);
  const wrong = "lasted(number).\na: lasted(f_timeDuration(X, 1)) :- ask(X).\nb: seen(X) :- lasted(X).\n";
  const { diagnostics } = compile(["program"], libraryOf(wrong), { defines: new Map(), dialect: undefined });
  expect(diagnostics.map(({ code }) => code)).toEqual(["E0239"]);
});
