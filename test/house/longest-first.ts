import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take more than ten seconds. Those that mostly wait for processes and timers alternate with those that compute, so that
 * the processors are busy while a test waits.
 */
export const LONG_FILES: readonly string[] = [
  "kernel/tunnel",
  "kernel/ecn",
  "kernel/flow-cache",
  "kernel/ron",
  "kernel/sizes",
  "kernel/malformed",
  "lab/networks",
  "lab/kernel",
  "cli/topology/sim",
  "fuzz/programs",
  "docs/tutorial",
  "differential/differential",
  "docs/json",
  "conformance/permutation",
  "lab/clean",
  "sim/ron",
  "lab/broken",
  "sim/overlog",
  "control/socket",
  "cli/errors",
  "cli/run/signals",
  "cli/topology/study",
  "lab/mobility",
  "node/data-bounds",
  "cli/client/ps",
  "elements/add-element",
  "lab/checks",
  "conformance/optimisations",
  "cli/options/language-options",
  "check/one-typo",
  "sim/routing",
  "check/large-program",
];

/** Starts the long files of each group first, so that none of them still runs when all others have ended. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => groupOf(one) - groupOf(other) || placeOf(one) - placeOf(other));
  }
}

function groupOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder;
}

/** Place in the list of long files. All others come after it, in the order that Vitest gives them. */
function placeOf({ moduleId }: TestSpecification): number {
  const place = LONG_FILES.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return place < 0 ? LONG_FILES.length : place;
}
