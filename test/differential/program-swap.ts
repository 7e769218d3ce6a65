import { expect, test } from "vitest";
import type { Program } from "../../runtime/node/program.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { compileText } from "./compiled.ts";
import { EngineNode } from "./engine-node.ts";
import { formatCommand, Network } from "./network.ts";
import { Runaway } from "./peer.ts";
import { randomEvents } from "./random-events.ts";
import { type Feature, FEATURES, programText, randomProgram } from "./random-program.ts";
import { LOCATIONS } from "./schema.ts";
import { timeToHunt } from "./time-to-hunt.ts";

/**
 * Parts of programs whose derived rows differ after a hot reload: a derived row that expired, was evicted or was deleted
 * returns.
 */
const RECOMPUTED_FEATURES: readonly Feature[] = [
  "views with lifetime or size",
  "mixed tables",
  "recursion of tables that others fill, or that live for a time",
];
const STABLE_FEATURES = new Set(FEATURES.filter((feature) => !RECOMPUTED_FEATURES.includes(feature)));
/** Least number of programs, which matters on a busy machine. */
const PROGRAMS = 20;
const COMMANDS = 30;
const ROUNDS = 30;

/** Node that reloads its own program before each command. */
class ReloadedNode extends EngineNode {
  override insert(name: string, args: Values): void {
    this.reload();
    super.insert(name, args);
  }

  override delete(name: string, args: Values): void {
    this.reload();
    super.delete(name, args);
  }
}

/** Returns observations and tables of a run, command by command. The run stops at a command that never ends. */
function observationsOf(
  program: Program,
  tables: readonly string[],
  seed: number,
  Kind: typeof EngineNode,
): readonly string[] {
  const network = new Network([new Kind(program, LOCATIONS[0] as string, ROUNDS)]);
  const commands = randomEvents(seed, randomProgram(seed, STABLE_FEATURES), COMMANDS, 1);
  const lines: string[] = [];
  try {
    for (const command of commands)
      lines.push(formatCommand(command), ...network.run(command), ...network.tables(tables));
  } catch (error: unknown) {
    if (!(error instanceof Runaway)) throw error;
  }
  return lines;
}

/** Declares the test of as many programs as take so many seconds of processor time. */
export function testProgramSwaps(seconds: number): void {
  test("random programs behave the same if they are reloaded before each command", {
    timeout: 60_000 + 2_000 * seconds,
  }, () => {
    const isOver = timeToHunt(seconds);
    let programs = 0;
    for (let seed = 1; !isOver() || programs < PROGRAMS; seed++) {
      const text = programText(randomProgram(seed, STABLE_FEATURES));
      const compiled = compileText(text);
      if (!("program" in compiled)) continue;
      const tables = [...compiled.checked.program.tables.keys()];
      const reloaded = observationsOf(compiled.program, tables, seed, ReloadedNode);
      const unchanged = observationsOf(compiled.program, tables, seed, EngineNode);
      expect([text, ...reloaded], `seed ${seed}`).toEqual([text, ...unchanged]);
      programs++;
    }
  });
}
