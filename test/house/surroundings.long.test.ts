import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { Surroundings, SURROUNDINGS_NEED } from "./surroundings.ts";
import { ROOT } from "./tree.ts";

const PART_TIMEOUT_MS = 20 * 60_000;
const COPY_TIMEOUT_MS = 60_000;

const reason = needs(...SURROUNDINGS_NEED);

/** Parts of the suite: each folder of `test/` with tests, and the files beside them. Filters of Vitest by the name of the part. */
function parts(): readonly (readonly [string, readonly string[]])[] {
  const entries = readdirSync(join(ROOT, "test"), { withFileTypes: true });
  const isTest = (name: string): boolean => name.endsWith(".test.ts");
  const folders = entries.filter(
    (one) =>
      one.isDirectory() &&
      readdirSync(join(ROOT, "test", one.name), { recursive: true, encoding: "utf8" }).some(isTest),
  );
  const files = entries.filter((one) => one.isFile() && isTest(one.name));
  return [
    ...folders.map(({ name }) => [`test/${name}`, [`test/${name}/`]] as const),
    ["the files of test", files.map(({ name }) => `test/${name}`)],
  ];
}

describe("as an ordinary user with umask 077, in Turkish, in Kathmandu, without IPv6", () => {
  let surroundings: Surroundings | undefined;
  beforeAll(() => {
    if (reason === undefined) surroundings = new Surroundings();
  }, COPY_TIMEOUT_MS);
  afterAll(() => surroundings?.[Symbol.dispose]());

  test.for(parts())("%s passes or says why it skips", { timeout: PART_TIMEOUT_MS }, ([, filters], { skip }) => {
    skip(reason !== undefined, reason);
    const projects = ["normal", "isolated", "namespaces", "alone"].flatMap((project) => ["--project", project]);
    const run = surroundings?.run([...projects, ...filters], PART_TIMEOUT_MS);
    expect(run).toMatchObject({ status: 0 });
    expect(run?.output).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/m);
    expect(run?.output).not.toMatch(/no reason given/);
  });
});
