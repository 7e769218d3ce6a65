import { formatTuple } from "../../../runtime/plan/values/format.ts";
import { dropped, shrinkBy } from "../shrink.ts";
import { compareAcross } from "./compare-across.ts";
import {
  type AcrossCommand,
  type AcrossFeature,
  type AcrossProgram,
  randomAcross,
  randomAcrossCommands,
  spreadText,
} from "./random-across.ts";

export interface AcrossHunt {
  programs: number;
  /** Number of commands after which the tables of all nodes were compared at rest. */
  steps: number;
  readonly rejected: Map<string, number>;
  readonly features: Map<AcrossFeature, number>;
  difference: string | undefined;
}

interface AcrossCase {
  readonly program: AcrossProgram;
  readonly commands: readonly AcrossCommand[];
}

const COMMANDS = 40;

/** Compares random programs whose rules span nodes, until `isEnough` or a difference. */
export function huntAcross(firstSeed: number, isEnough: (hunt: AcrossHunt) => boolean): AcrossHunt {
  const done: AcrossHunt = { programs: 0, steps: 0, rejected: new Map(), features: new Map(), difference: undefined };
  for (let seed = firstSeed; done.difference === undefined && !isEnough(done); seed++) {
    const program = randomAcross(seed);
    const one = { program, commands: randomAcrossCommands(seed, program, COMMANDS) };
    const outcome = compareAcross(one.program, one.commands);
    if (typeof outcome === "string") {
      done.rejected.set(outcome, (done.rejected.get(outcome) ?? 0) + 1);
      continue;
    }
    done.programs++;
    done.steps += outcome.compared;
    for (const feature of program.features) done.features.set(feature, (done.features.get(feature) ?? 0) + 1);
    if (outcome.difference !== undefined) done.difference = describe(shrinkBy(one, smallerCases, isDifferent), seed);
  }
  return done;
}

function isDifferent({ program, commands }: AcrossCase): boolean {
  const outcome = compareAcross(program, commands);
  return typeof outcome !== "string" && outcome.difference !== undefined;
}

function* smallerCases(one: AcrossCase): Generator<AcrossCase> {
  const { program } = one;
  for (const commands of dropped(one.commands)) yield { ...one, commands };
  for (const rules of dropped(program.rules)) yield { ...one, program: { ...program, rules } };
  for (const relations of dropped(program.relations)) yield { ...one, program: { ...program, relations } };
  for (const [at, rule] of program.rules.entries()) {
    for (const body of dropped(rule.body)) {
      yield { ...one, program: { ...program, rules: program.rules.with(at, { ...rule, body }) } };
    }
  }
}

function describe({ program, commands }: AcrossCase, seed: number): string {
  const outcome = compareAcross(program, commands);
  const difference = typeof outcome === "string" ? undefined : outcome.difference;
  const lines = commands.map((command) =>
    command.kind === "wait"
      ? "wait"
      : `${command.kind} ${formatTuple(command.name, command.args)} at ${command.location}`,
  );
  const sides = [
    ...(difference?.engine ?? []).map((line) => `only the engine: ${line}`),
    ...(difference?.naive ?? []).map((line) => `only the naive evaluator: ${line}`),
  ];
  const repeatCommand = `SEED=${seed} NODES=across npx vitest run --project long test/differential`;
  return [spreadText(program), ...lines, "", ...sides, "", repeatCommand].join("\n");
}
