import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const RUN = fileURLToPath(new URL("../../bench/run.ts", import.meta.url));

export interface PrintedFigure {
  readonly bench: string;
  readonly figure: string;
  readonly value: number | null;
  readonly unit: string;
  readonly reference: number;
  readonly ratio: number | null;
}

export interface BenchRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function bench(...args: readonly string[]): BenchRun {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

/** Runs a bench with `--json` and returns its figures, each checked for the documented shape. Measures briefly by default. */
export function figuresOf(name: string, options: readonly string[] = ["--quick"]): readonly PrintedFigure[] {
  const { status, stdout, stderr } = bench(name, ...options, "--json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = stdout.trim().split("\n");
  const figures = lines.map((line) => JSON.parse(line) as PrintedFigure);
  for (const figure of figures) {
    expect(Object.keys(figure)).toEqual(["bench", "figure", "value", "unit", "reference", "ratio"]);
    expect(figure).toMatchObject({ bench: name, unit: expect.any(String), reference: expect.any(Number) });
  }
  return figures;
}
