import { expect, test } from "vitest";
import { bench, type PrintedFigure } from "./bench.ts";

test("being asked ten times a second costs a busy node less than 2 %, and each answer comes within 100 ms", () => {
  const { status, stdout } = bench("metrics", "--json");
  expect(status).toBe(0);
  const figures = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PrintedFigure);
  const [events, answer] = ["events/s", "ms"].map((unit) => figures.find((figure) => figure.unit === unit));
  expect(events?.ratio).toBeGreaterThan(0.98);
  expect(answer?.value).toBeLessThan(100);
});
