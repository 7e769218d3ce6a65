import { readFileSync } from "node:fs";
import { FileLibrary } from "../../../../src/cli/files/file-library.ts";
import { compile } from "../../../../src/compile.ts";
import type { Plan } from "../../../../runtime/plan/contract/plan.ts";
import type { Values } from "../../../../runtime/plan/values/value.ts";

/** One line of `cases.txt`: a call of a built-in function and its result. */
export interface FunctionCase {
  readonly section: string;
  readonly call: string;
  readonly name: string;
  readonly args: Values;
  /** The result as a program writes it, or "fails". */
  readonly expected: string;
}

const LINE = /^((f_\w+)\((.*)\)) (?:= (.+)|fails)$/;

/** Reads `cases.txt`. The arguments are parsed as a program: each call becomes a fact with the list of its arguments. */
export function functionCases(): readonly FunctionCase[] {
  const parsed = linesOf(readFileSync(new URL("cases.txt", import.meta.url), "utf8"));
  const facts = parsed.map(({ args }, number) => `${CASE}(${number}, [${args}]).`);
  const lists = new Map(planOf(`${TABLE}${facts.join("\n")}`).facts.map(({ args: [number, list] }) => [number, list]));
  return parsed.map((line, number) => ({ ...line, args: lists.get(number) as Values }));
}

const CASE = "case";
const TABLE = `materialize(${CASE}, infinity, infinity, keys(1)).\n`;

interface ParsedLine extends Omit<FunctionCase, "args"> {
  readonly args: string;
}

function linesOf(text: string): readonly ParsedLine[] {
  return text
    .split(/^= /m)
    .slice(1)
    .flatMap((part) => {
      const [section = "", ...lines] = part.trim().split("\n");
      return lines.map((line) => parseLine(section, line));
    });
}

function parseLine(section: string, line: string): ParsedLine {
  const [, call, name, args, expected = "fails"] = LINE.exec(line) ?? [];
  if (call === undefined || name === undefined || args === undefined) throw new Error(`cases.txt: ${line}`);
  return { section, call, name, args, expected };
}

/** Compiles a program, which may have warnings: it names overlays that it does not declare. */
export function planOf(program: string): Plan {
  const library = new FileLibrary();
  library.addText("cases.mzl", program);
  const { plan, diagnostics } = compile(["cases.mzl"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return plan;
}
