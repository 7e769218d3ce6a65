import { dropped } from "../differential/shrink.ts";
import { type FuzzInput, formatInput } from "./fuzz-input.ts";
import { type Finding, type FuzzCase, type FuzzResult, runCase } from "./fuzz-run.ts";

/** Runs in which a slow step must occur at the same input to count. A garbage collection falls on another one. */
const REPEATS = 3;
const SHRINK_MS = 60_000;
const SHOWN_INPUTS = 20;

/** Runs hostile inputs against a program. Returns a report of the first broken promise, or undefined, with the figures of the run. */
export function fuzz(one: FuzzCase): { readonly failure: string | undefined; readonly result: FuzzResult } {
  const result = runCase(one);
  const found = confirm(one, result.findings);
  return { failure: found && describe(one, found), result };
}

/** Returns a finding that is not a suspicion, or a slow input that is slow in every repetition. */
function confirm(one: FuzzCase, findings: readonly Finding[]): Finding | undefined {
  const broken = findings.find(({ kind }) => kind !== "slow");
  if (broken !== undefined || findings.length === 0) return broken;
  let suspects = findings;
  const last = Math.max(...suspects.map(({ at }) => at));
  for (let repeat = 1; repeat < REPEATS && suspects.length > 0; repeat++) {
    // Only the suspects are measured again, so that another slow step cannot end the run before them.
    const again = runCase(one, { last, suspects: new Set(suspects.map(({ at }) => at)) });
    suspects = suspects.filter(({ at }) => again.findings.some((finding) => finding.at === at));
  }
  return suspects[0];
}

function describe(one: FuzzCase, found: Finding): string {
  const { inputs } = runCase(one, { last: found.at, keepsInputs: true });
  const fewest = shrink({ ...one, inputs }, found.kind);
  const count = typeof one.inputs === "number" ? one.inputs : one.inputs.length;
  return [
    `${one.program}, seed ${one.seed}, input ${found.at}: ${found.kind}: ${found.detail}`,
    `The last of ${fewest.length} inputs that suffice:`,
    ...fewest.slice(-SHOWN_INPUTS).map(formatInput),
    `PROGRAM=${one.program} SEED=${one.seed} INPUTS=${count} npx vitest run --project long test/fuzz`,
  ].join("\n");
}

/** Removes inputs while the finding still occurs, until none can be removed or the time is up. */
function shrink(
  one: FuzzCase & { readonly inputs: readonly FuzzInput[] },
  kind: Finding["kind"],
): readonly FuzzInput[] {
  const end = performance.now() + SHRINK_MS;
  let fewest = one.inputs;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const fewer of dropped(fewest)) {
      if (performance.now() > end) return fewest;
      if (confirm({ ...one, inputs: fewer }, runCase({ ...one, inputs: fewer }).findings)?.kind !== kind) continue;
      fewest = fewer;
      isSmaller = true;
      break;
    }
  }
  return fewest;
}
