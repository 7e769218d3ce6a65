import { type Compiled, compileText } from "./compiled.ts";
import { EngineNode } from "./engine-node.ts";
import { NaiveNode } from "./naive-node.ts";
import { type Command, Network } from "./network.ts";
import { Runaway } from "./peer.ts";
import { PLACES } from "./schema.ts";
import { isHidden } from "./tuple.ts";

/** Where the engine and the naive evaluator part. */
export interface Difference {
  /** Commands up to and with the one after which they differ. */
  readonly commands: readonly Command[];
  readonly engine: readonly string[];
  readonly naive: readonly string[];
}

/** Few enough that a program that goes round and round costs little. */
const ROUNDS = 30;

/** How far the two went together, and where they part. */
export interface Comparison {
  /** Commands after which all was compared. */
  readonly compared: number;
  readonly difference: Difference | undefined;
}

/** Runs the commands on both and compares what is told and all tables after each one. */
export function compareRuns({ program, checked }: Compiled, commands: readonly Command[], nodes: number): Comparison {
  const places = PLACES.slice(0, nodes);
  const naive = unlessRunaway(() => new Network(places.map((place) => new NaiveNode(checked, place, ROUNDS))));
  if (naive === undefined) return { compared: 0, difference: undefined };
  const engine = new Network(places.map((place) => new EngineNode(program, place, ROUNDS)));
  const tables = [...checked.program.tables.keys()].filter((name) => !isHidden(name));
  for (const [at, command] of commands.entries()) {
    const wanted = unlessRunaway(() => naive.run(command));
    const done = unlessRunaway(() => engine.run(command));
    if (wanted === undefined) return { compared: at, difference: undefined };
    const part = (here: readonly string[], there: readonly string[]): Comparison => ({
      compared: at,
      difference: { commands: commands.slice(0, at + 1), engine: without(here, there), naive: without(there, here) },
    });
    if (done === undefined) return part(["goes on for ever"], wanted);
    const one = [...done, ...engine.tables(tables)];
    const other = [...wanted, ...naive.tables(tables)];
    if (one.join("\n") !== other.join("\n")) return part(one, other);
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

/** For shrinking: a text that does not compile has no difference. */
export function differenceOfText(
  text: string,
  isOptimised: boolean,
  commands: readonly Command[],
  nodes: number,
): Difference | undefined {
  const compiled = compileText(text, isOptimised);
  return "program" in compiled ? compareRuns(compiled, commands, nodes).difference : undefined;
}
