import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { runInSurroundings, SURROUNDINGS_NEED } from "./surroundings.ts";

const TIMEOUT_MS = 30 * 60_000;

test("all tests pass or say why they skip, as an ordinary user with umask 077, in Turkish, in Kathmandu, without IPv6", {
  timeout: TIMEOUT_MS,
}, ({ skip }) => {
  const reason = needs(...SURROUNDINGS_NEED);
  skip(reason !== undefined, reason);
  const projects = ["normal", "namespaces", "alone"].flatMap((project) => ["--project", project]);
  const { status, output } = runInSurroundings(projects, TIMEOUT_MS);
  expect({ status, output }).toMatchObject({ status: 0 });
  expect(output).toMatch(/^[1-9]\d* passed, 0 failed, [1-9]\d* skipped$/m);
  expect(output).not.toMatch(/no reason given/);
});
