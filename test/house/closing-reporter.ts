import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";
import { type Skip, skipName } from "./skips.ts";

/** What a test run came to. `broken` are files or errors that no test stands for. */
interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly broken: number;
  readonly skips: readonly Skip[];
}

/**
 * Closes a test run with plain lines that a person and a script can read, after those of the reporter before it.
 * Given a list of allowed skips, it fails the run in which any other test was skipped.
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
    const outcome = outcomeOf(modules, unhandled.length, this.#narrowed());
    if (unreviewed(outcome.skips, this.#allowed).length > 0) process.exitCode = 1;
    process.stdout.write(`${closingLines(outcome, this.#allowed).join("\n")}\n`);
  }

  /** True when the user asked for some tests by name: the others count as skipped for Vitest, but not for us. */
  #narrowed(): boolean {
    return this.#vitest?.config.testNamePattern !== undefined;
  }
}

/** The last lines of a test run: each skipped test with its reason, those nobody has allowed, and the three numbers. */
function closingLines(outcome: Outcome, allowed: ReadonlySet<string> | undefined): readonly string[] {
  return [
    ...outcome.skips.map((skip) => `skipped: ${skipName(skip)}: ${skip.reason}`),
    ...unreviewed(outcome.skips, allowed).map((skip) => `may not be skipped here: ${skipName(skip)}`),
    `${outcome.passed} passed, ${outcome.failed + outcome.broken} failed, ${outcome.skips.length} skipped`,
  ];
}

/** The skips that are not on the list; none where there is no list. */
function unreviewed(skips: readonly Skip[], allowed: ReadonlySet<string> | undefined): readonly Skip[] {
  return allowed === undefined ? [] : skips.filter((skip) => !allowed.has(skipName(skip)));
}

function outcomeOf(modules: readonly TestModule[], unhandled: number, narrowed: boolean): Outcome {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const skips = tests.flatMap((test) => skipOf(test, narrowed));
  const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0).length;
  return { passed: count(tests, "passed"), failed: count(tests, "failed"), broken: broken + unhandled, skips };
}

function count(tests: readonly TestCase[], state: "passed" | "failed"): number {
  return tests.filter((test) => test.result().state === state).length;
}

function skipOf(test: TestCase, narrowed: boolean): readonly Skip[] {
  const result = test.result();
  if (result.state !== "skipped") return [];
  if (narrowed && result.note === undefined) return [];
  const reason = result.note ?? "no reason given";
  return [{ file: test.module.relativeModuleId, test: test.fullName, reason }];
}
