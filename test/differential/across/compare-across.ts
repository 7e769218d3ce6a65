import { formatTuple } from "../../../runtime/plan/values/format.ts";
import { compileText } from "../compiled.ts";
import { type Comparison, without } from "../difference.ts";
import { NaiveNode } from "../naive-node.ts";
import { Runaway } from "../peer.ts";
import { type AcrossCommand, type AcrossProgram, filledName, gatheredText, spreadText } from "./random-across.ts";
import { BEAT, LOOK, SpreadNodes } from "./spread-nodes.ts";

const ROUNDS = 30;

/**
 * Compares a program on several nodes with the same program on one naive node that has all tables: when all messages have
 * arrived, the rows are equal. Returns a message if one of the two does not compile.
 */
export function compareAcross(program: AcrossProgram, commands: readonly AcrossCommand[]): Comparison | string {
  const spread = compileText(spreadText(program));
  const gathered = compileText(gatheredText(program));
  for (const one of [spread, gathered]) if (!("program" in one)) return `${one[0]?.code} ${one[0]?.message}`;
  if (!("program" in spread && "program" in gathered)) return "";
  const filled = new Set(program.relations.flatMap(({ name, isFilled }) => (isFilled === true ? [name] : [])));
  const nodes = new SpreadNodes(spread.program);
  const naive = new NaiveNode(gathered.checked, "", ROUNDS);
  const names = program.relations.flatMap(({ name, table }) => (table === undefined ? [] : [name]));
  const tables = (): readonly string[] =>
    names.flatMap((name) => naive.rows(name).map((row) => formatTuple(name, row)));
  nodes.tables([]);
  for (const [at, command] of commands.entries()) {
    if (!isDone(naive, gatheredCommand(command, filled), (at + 1) * BEAT))
      return { compared: at, difference: undefined };
    nodes.run(command);
    const engine = [...nodes.complaints, ...nodes.tables(names)];
    const expected = tables().toSorted();
    if (engine.join("\n") === expected.join("\n")) continue;
    const difference = { commands: [], engine: without(engine, expected), naive: without(expected, engine) };
    return { compared: at, difference };
  }
  return { compared: commands.length, difference: undefined };
}

/** Translates a command for the node with all tables. */
function gatheredCommand(command: AcrossCommand, filled: ReadonlySet<string>): AcrossCommand {
  return command.kind !== "wait" && filled.has(command.name) ? { ...command, name: filledName(command.name) } : command;
}

/** Runs a command and all that is due before the comparison. Returns false if the naive node cannot run the program. */
function isDone(naive: NaiveNode, command: AcrossCommand, second: number): boolean {
  try {
    naive.advanceTo(second);
    if (command.kind !== "wait") naive[command.kind](command.name, [command.location, ...command.args]);
    naive.advanceTo(second + BEAT - LOOK);
    naive.takeObservations();
    return true;
  } catch (error: unknown) {
    if (error instanceof Runaway) return false;
    throw error;
  }
}
