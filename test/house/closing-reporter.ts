import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";
import { type Skip, skipName } from "./skips.ts";

/** Result of a test run. `broken` counts files that do not load and errors outside tests. */
interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly broken: number;
  readonly skips: readonly Skip[];
}

/**
 * Reporter that prints the last lines of a test run, in a form that people and scripts can read. With a list of allowed skips it
 * fails a run that skips any other test.
 */
export class ClosingReporter implements Reporter {
  readonly #allowed: ReadonlySet<string> | undefined;
  #vitest: Vitest | undefined;

  constructor(allowed: ReadonlySet<string> | undefined) {
    this.#allowed = allowed;
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const outcome = outcomeOf(modules, unhandled.length, this.#isFilteredByName());
    if (disallowedSkips(outcome.skips, this.#allowed).length > 0) process.exitCode = 1;
    process.stdout.write(`${closingLines(outcome, this.#allowed).join("\n")}\n`);
  }

  /** Whether the user selected tests by name. Vitest counts the others as skipped, this reporter does not. */
  #isFilteredByName(): boolean {
    return this.#vitest?.config.testNamePattern !== undefined;
  }
}

/** Returns the last lines: each skipped test with its reason, the skips that are not allowed, and the three numbers. */
function closingLines(outcome: Outcome, allowed: ReadonlySet<string> | undefined): readonly string[] {
  return [
    ...outcome.skips.map((skip) => `skipped: ${skipName(skip)}: ${skip.reason}`),
    ...disallowedSkips(outcome.skips, allowed).map((skip) => `may not be skipped here: ${skipName(skip)}`),
    `${outcome.passed} passed, ${outcome.failed + outcome.broken} failed, ${outcome.skips.length} skipped`,
  ];
}

/** Returns the skips that are not on the list. Without a list all skips are allowed. */
function disallowedSkips(skips: readonly Skip[], allowed: ReadonlySet<string> | undefined): readonly Skip[] {
  return allowed === undefined ? [] : skips.filter((skip) => !allowed.has(skipName(skip)));
}

function outcomeOf(modules: readonly TestModule[], unhandled: number, isFilteredByName: boolean): Outcome {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const skips = tests.flatMap((test) => skipOf(test, isFilteredByName));
  const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0).length;
  return { passed: count(tests, "passed"), failed: count(tests, "failed"), broken: broken + unhandled, skips };
}

function count(tests: readonly TestCase[], state: "passed" | "failed"): number {
  return tests.filter((test) => test.result().state === state).length;
}

function skipOf(test: TestCase, isFilteredByName: boolean): readonly Skip[] {
  const result = test.result();
  if (result.state !== "skipped") return [];
  if (isFilteredByName && result.note === undefined) return [];
  const reason = result.note ?? "no reason given";
  return [{ file: test.module.relativeModuleId, test: test.fullName, reason }];
}
