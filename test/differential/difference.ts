import { type Compiled, compileText } from "./compiled.ts";
import { EngineNode } from "./engine-node.ts";
import { NaiveNode } from "./naive-node.ts";
import { type Command, Network } from "./network.ts";
import { Runaway } from "./peer.ts";
import { LOCATIONS } from "./schema.ts";
import { isHidden } from "./tuple.ts";

/** First difference between the engine and the naive evaluator. */
export interface Difference {
  /** Commands up to and including the one after which they differ. */
  readonly commands: readonly Command[];
  readonly engine: readonly string[];
  readonly naive: readonly string[];
}

/** Limit of rounds in a step, so that endless programs cost little. */
const ROUNDS = 30;

/** Number of equal commands, and the first difference. */
export interface Comparison {
  /** Number of commands after which everything was equal. */
  readonly compared: number;
  readonly difference: Difference | undefined;
}

/** Runs the commands on both, and compares observations and all tables after each. */
export function compareRuns({ program, checked }: Compiled, commands: readonly Command[], nodes: number): Comparison {
  const locations = LOCATIONS.slice(0, nodes);
  const naive = unlessRunaway(() => new Network(locations.map((at) => new NaiveNode(checked, at, ROUNDS))));
  if (naive === undefined) return { compared: 0, difference: undefined };
  const engine = new Network(locations.map((at) => new EngineNode(program, at, ROUNDS)));
  const tables = [...checked.program.tables.keys()].filter((name) => !isHidden(name));
  for (const [at, command] of commands.entries()) {
    const expected = unlessRunaway(() => naive.run(command));
    const done = unlessRunaway(() => engine.run(command));
    if (expected === undefined) return { compared: at, difference: undefined };
    const differ = (here: readonly string[], there: readonly string[]): Comparison => ({
      compared: at,
      difference: { commands: commands.slice(0, at + 1), engine: without(here, there), naive: without(there, here) },
    });
    if (done === undefined) return differ(["runs for ever"], expected);
    const one = [...done, ...engine.tables(tables)];
    const other = [...expected, ...naive.tables(tables)];
    if (one.join("\n") !== other.join("\n")) return differ(one, other);
  }
  return { compared: commands.length, difference: undefined };
}

function unlessRunaway<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error: unknown) {
    if (error instanceof Runaway) return undefined;
    throw error;
  }
}

export function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Difference of a program text, for shrinking. A text that does not compile has none. */
export function differenceOfText(
  text: string,
  isOptimised: boolean,
  commands: readonly Command[],
  nodes: number,
): Difference | undefined {
  const compiled = compileText(text, isOptimised);
  return "program" in compiled ? compareRuns(compiled, commands, nodes).difference : undefined;
}
