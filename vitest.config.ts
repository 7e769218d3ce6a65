import { defineConfig, type ViteUserConfig } from "vitest/config";
import { ClosingReporter } from "./test/house/closing-reporter.ts";
import { readAllowedSkips } from "./test/house/skips.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LONG = "test/**/*.long.test.ts";

const config: ViteUserConfig = defineConfig({
  test: {
    // Tests start nodes, take signals and enter network namespaces: that needs processes of their own, not threads.
    pool: "forks",
    maxWorkers: 1,
    reporters: ["default", new ClosingReporter(process.env["CI"] === "true" ? readAllowedSkips() : undefined)],
    projects: [
      {
        extends: true,
        test: {
          name: "normal",
          include: ["test/**/*.test.ts"],
          exclude: [LONG],
          testTimeout: 20 * SECOND,
          hookTimeout: 20 * SECOND,
        },
      },
      {
        extends: true,
        test: { name: "long", include: [LONG], testTimeout: 30 * MINUTE, hookTimeout: MINUTE },
      },
    ],
  },
});

export default config;
