import { Script } from "node:vm";
import { FileLibrary } from "../src/cli/files/file-library.ts";
import { compile } from "../src/compile.ts";
import { type Comparison, compare } from "./harness/figure.ts";
import { report } from "./harness/report.ts";
import { measureInRounds, ROUNDS, seconds } from "./harness/rounds.ts";

/**
 * Measures the time from program text to functions. The reference is the time that V8 takes to compile as much JavaScript:
 * emitted code, repeated to the length of the rules.
 */
const ALONE = 100;
const SIZES = [100, 1000, 10_000];
const IS_QUICK = process.argv.includes("--quick");

const NO_OPTIONS = { defines: new Map<string, string>(), dialect: undefined };

function compiled(name: string, text?: string): string {
  const library = new FileLibrary();
  if (text !== undefined) library.addText(name, text);
  const { plan } = compile([name], library, NO_OPTIONS);
  if (plan === undefined) throw new Error(`${name} has errors`);
  return plan.code;
}

/** Returns a program of `rules` rules, each with a join and a condition. */
function programOf(rules: number): string {
  const tables = "materialize(t, infinity, infinity, keys(1)).\nmaterialize(u, infinity, infinity, keys(1)).\n";
  const text = Array.from({ length: rules }, (_, at) => `out${at}(B) :- in(A, ${at}), t(A, B), u(B, C), C > ${at}.`);
  return `${tables}${text.join("\n")}\n`;
}

/** Makes V8 compile the text. The random comment keeps V8 from answering from its cache. */
function compileScript(text: string): void {
  new Script(`// ${Math.random()}\n${text}`);
}

async function compareCompile(figure: string, compileOnce: () => string, length: number): Promise<Comparison> {
  const emitted = `(() => {${compileOnce()}});\n`;
  const script = emitted.repeat(Math.ceil(length / emitted.length));
  const samples = await measureInRounds(
    [
      { name: "rules", measure: () => seconds(() => void compileOnce()) },
      { name: "script", measure: () => seconds(() => compileScript(script)) },
    ],
    IS_QUICK ? 1 : ROUNDS,
  );
  const [rules, scripts] = ["rules", "script"].map((name) => (samples.get(name)?.median ?? NaN) * 1e3);
  return compare("compile", figure, "ms", rules ?? NaN, { value: scripts ?? NaN, name: "V8 on as much JavaScript" });
}

const ron = (): string => compiled("ron.mzl");
for (let warm = 0; warm < (IS_QUICK ? 1 : ALONE); warm++) ron();
const comparisons = [await compareCompile("ron.mzl, warm", ron, 4_000)];
for (const rules of IS_QUICK ? SIZES.slice(0, 1) : SIZES) {
  const text = programOf(rules);
  comparisons.push(await compareCompile(`${rules} rules`, () => compiled("generated", text), text.length));
}
report(comparisons);
