import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take more than ten seconds on a loaded machine. Those that mostly wait for processes and timers alternate with those that
 * compute, so that the processors are busy while a test waits.
 */
export const LONG_FILES: readonly string[] = [
  "kernel/tunnel",
  "kernel/ecn",
  "kernel/sizes",
  "kernel/malformed",
  "lab/networks",
  "lab/broken",
  "lab/kernel",
  "kernel/ron",
  "kernel/device",
  "house/surroundings",
  "kernel/relay",
  "cli/limits",
  "kernel/two-wrappings",
  "lab/traffic",
  "lab/devices",
  "native/tun",
  "kernel/flow-cache",
  "kernel/loop",
  "cli/topology/sim",
  "fuzz/programs",
  "docs/tutorial",
  "check/large-program",
  "docs/json",
  "differential/differential",
  "control/socket",
  "conformance/permutation",
  "lab/clean",
  "plan/long-rules",
  "cli/run/signals",
  "sim/ron",
  "launcher",
  "sim/chord-ring",
  "native/build",
  "sim/routing",
  "lab/mobility",
  "node/data-bounds",
  "lab/checks",
  "conformance/shipped",
  "cli/client/ps",
  "explore/explore",
  "lab/gateways",
  "sim/overlog",
  "control/stalled",
  "check/one-typo",
  "observe/capture",
  "grammar/hostile-text",
  "elements/add-element",
  "node/train",
  "cli/errors",
  "lab/alice",
  "lab/requests",
  "sim/i3-private",
  "cli/topology/study",
  "conformance/optimisations",
  "cli/options/language-options",
  "cli/run/eval",
  "lab/simulated",
  "house/closing-reporter",
  "sim/dht",
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
