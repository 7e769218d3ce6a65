import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { bench, type PrintedFigure } from "./run-bench.ts";

const NEEDED = ["root", "network namespaces", "/dev/net/tun", "addon", "ip", "bash", "dd", "taskset"];

test("ten requests a second cost a saturated node less than 2 %, and each answer arrives within 100 ms", (context) => {
  const reason = needs(...NEEDED);
  if (reason !== undefined) return context.skip(reason);
  const { status, stdout, stderr } = bench("metrics", "--json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = stdout.trim().split("\n");
  const figures = lines.map((line) => JSON.parse(line) as PrintedFigure);
  const find = (name: string): PrintedFigure | undefined => figures.find(({ figure }) => figure.startsWith(`${name},`));
  expect(find("packets per processor second, ten requests a second")?.ratio).toBeGreaterThan(0.98);
  expect(find("the node's time for an answer")?.ratio).toBeLessThan(1);
  expect(find("an answer of /metrics under full load")?.value).toBeLessThan(100);
  expect(find("an answer to query under full load")?.value).toBeLessThan(100);
  expect(readdirSync("/run/netns").filter((name) => name.includes("-bench-"))).toEqual([]);
});
