import { compileText } from "./compiled.ts";
import { compareRuns } from "./difference.ts";
import { formatCommand } from "./network.ts";
import { randomEvents } from "./random-events.ts";
import { type Feature, FEATURES, programText, randomProgram } from "./random-program.ts";
import { randomRecursion } from "./recursion/random-recursion.ts";
import { type Case, differenceOf, shrink } from "./shrink.ts";

/** Result of a hunt. */
export interface Hunt {
  programs: number;
  /** Number of commands after which all tables of all nodes were compared. */
  steps: number;
  /** Programs that do not compile, by message. */
  readonly rejected: Map<string, number>;
  /** Number of programs that used each part of the language. */
  readonly features: Map<Feature, number>;
  /** First difference, shrunk, with the command that repeats it. */
  difference: string | undefined;
}

const COMMANDS = 50;

/** Kinds of random programs that the hunt compares: on one node or three, or recursive tables on one node. */
export type HuntKind = "1" | "3" | "recursion";

/** Compares random programs, seed after seed, until `isEnough` or a difference. */
export function hunt(firstSeed: number, kind: HuntKind, isEnough: (hunt: Hunt) => boolean): Hunt {
  const done: Hunt = { programs: 0, steps: 0, rejected: new Map(), features: new Map(), difference: undefined };
  for (let seed = firstSeed; done.difference === undefined && !isEnough(done); seed++) {
    compareOne(randomCase(seed, kind), seed, kind, done);
  }
  return done;
}

function randomCase(seed: number, kind: HuntKind): Case {
  if (kind === "recursion") return randomRecursion(seed);
  const nodes = Number(kind);
  const program = randomProgram(seed, new Set(FEATURES));
  return { program, commands: randomEvents(seed, program, COMMANDS, nodes), nodes };
}

function compareOne(one: Case, seed: number, kind: HuntKind, done: Hunt): void {
  const { program, commands, nodes } = one;
  const compiled = compileText(programText(program), program.isOptimised);
  if (!("program" in compiled)) {
    for (const { code, message } of compiled.slice(0, 1)) count(done.rejected, `${code} ${message}`);
    return;
  }
  done.programs++;
  for (const feature of program.features) count(done.features, feature);
  const { compared, difference } = compareRuns(compiled, commands, nodes);
  done.steps += compared;
  if (difference !== undefined) done.difference = describe(shrink(one), seed, kind);
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Formats a difference: the shrunk program and commands, both results, and the command that repeats the hunt. */
function describe(one: Case, seed: number, kind: HuntKind): string {
  const difference = differenceOf(one);
  const sides = [
    ...(difference?.engine ?? []).map((line) => `only the engine: ${line}`),
    ...(difference?.naive ?? []).map((line) => `only the naive evaluator: ${line}`),
  ];
  const repeatCommand = `SEED=${seed} NODES=${kind} npx vitest run --project long test/differential`;
  const options = one.program.isOptimised ? [] : ["compiled without optimisations of views"];
  return [
    programText(one.program),
    ...options,
    ...one.commands.map(formatCommand),
    "",
    ...sides,
    "",
    repeatCommand,
  ].join("\n");
}
