import { defineConfig, type ViteUserConfig } from "vitest/config";
import { ClosingReporter } from "./test/house/closing-reporter.ts";
import { LongestFirst } from "./test/house/longest-first.ts";
import { readAllowedSkips } from "./test/house/skips.ts";

const MINUTE = 60_000;
const LONG = "test/**/*.long.test.ts";

/**
 * Environment of tests that do not measure the first packets of a node. Without the warm-up a node with a device and a peer takes half as
 * much processor time to start.
 */
const WITHOUT_WARM_UP = { MOSAIC_WARM_UP: "no" };

/** Tests that measure time or load the machine: no other test runs at the same time. */
const ALONE: string[] = [
  "test/bench/compare.test.ts",
  "test/cli/many-rules.test.ts",
  "test/cli/run/{process-metrics,run,service}.test.ts",
  "test/control/load.test.ts",
  "test/device/*.test.ts",
  "test/kernel/{bulk,load}.test.ts",
  "test/lab/ping-view.test.ts",
  "test/native/{load,sessions,split-join,user-namespace}.test.ts",
  "test/node/{overlog-udp,tcp}.test.ts",
];

/** Tests that need about one processor for each file, most of them with network namespaces: two files run at the same time. */
const NAMESPACES: string[] = [
  "test/bench/bench.test.ts",
  "test/cli/limits.test.ts",
  "test/house/surroundings.test.ts",
  "test/kernel/{device,devices,ecn,flow-cache,loop,malformed,relay,ron,sealed-tunnel,sizes,tunnel,two-wrappings}.test.ts",
  "test/lab/{broken,device-mtu,devices,kernel,networks,scenes,traffic,user-namespace}.test.ts",
  "test/native/tun.test.ts",
];

/** Tests that measure the memory or processor time of their own process, or change the process: each file has one of its own. */
const ISOLATED: string[] = [
  "test/check/large-program.test.ts",
  "test/cli/completion/manual.test.ts",
  "test/engine/round-events.test.ts",
  "test/explore/options.test.ts",
  "test/fuzz/*.test.ts",
  "test/grammar/linear-time.test.ts",
  "test/node/data-bounds.test.ts",
  "test/plan/long-rules.test.ts",
  "test/plan/library/functions/{functions,replaced,stages}.test.ts",
  "test/plan/values/held-bytes.test.ts",
];

const config: ViteUserConfig = defineConfig({
  test: {
    // Tests start nodes, take signals and enter network namespaces: that needs processes of their own, not threads.
    pool: "forks",
    reporters: ["default", new ClosingReporter(process.env["CI"] === "true" ? readAllowedSkips() : undefined)],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "normal",
          env: WITHOUT_WARM_UP,
          include: ["test/**/*.test.ts"],
          exclude: [LONG, ...ALONE, ...NAMESPACES, ...ISOLATED],
          // The files of a worker share its process, and the modules that they import.
          isolate: false,
          // Many tests wait for processes and timers, so the third worker finds a free processor.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: MINUTE,
          hookTimeout: MINUTE,
        },
      },
      {
        extends: true,
        test: {
          name: "isolated",
          env: WITHOUT_WARM_UP,
          include: ISOLATED,
          exclude: [LONG],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: MINUTE,
          hookTimeout: MINUTE,
        },
      },
      {
        extends: true,
        test: {
          name: "namespaces",
          env: WITHOUT_WARM_UP,
          include: NAMESPACES,
          exclude: [LONG],
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: MINUTE,
          hookTimeout: MINUTE,
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          include: ALONE,
          exclude: [LONG],
          isolate: false,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
          testTimeout: MINUTE,
          hookTimeout: MINUTE,
        },
      },
      {
        extends: true,
        test: {
          name: "long",
          include: [LONG],
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
          testTimeout: 30 * MINUTE,
          hookTimeout: MINUTE,
        },
      },
    ],
  },
});

export default config;
