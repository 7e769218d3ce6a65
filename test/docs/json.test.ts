import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../house/tree.ts";
import { needs } from "../needs.ts";
import { type Block, pagePath, readSections } from "./page.ts";
import { Shell } from "./shell.ts";

const PAGE = pagePath("json.md");
const RETRY_MS = 30_000;

/** Requirements of a section beyond a shell. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  Metrics: ["addon"],
  "Summaries of a lab": ["root", "network namespaces", "/dev/net/tun", "addon", "ip"],
  Leftovers: ["root", "network namespaces", "ip"],
};

const sections = readSections(PAGE);
let shell: Shell;
beforeAll(() => {
  shell = new Shell();
});
afterAll(() => shell.close());

test("docs/json.md has the sections whose needs are listed", () => {
  expect(sections.map(({ title }) => title)).toEqual(expect.arrayContaining(Object.keys(NEEDS)));
});

test.for(sections)("json: $title", { timeout: 60_000 }, async ({ title, blocks }, { skip }) => {
  for (const { file, text } of blocks) if (file !== "") shell.save(file, text);
  const reason = needs(...(NEEDS[title] ?? []));
  skip(reason !== undefined, reason);
  expect(blocks.some(({ language }) => language === "json")).toBe(true);
  for (const [index, block] of blocks.entries()) {
    const next = blocks[index + 1];
    if (next?.language === "json") await checkExample(block, next);
    else if (block.language === "sh") await shell.run(block.text);
  }
});

/** Runs a block until its output has the shape of the example: a node takes a moment to start. */
async function checkExample(command: Block, example: Block): Promise<void> {
  const expected = objectsIn(example.text);
  const deadline = Date.now() + RETRY_MS;
  let actual = objectsIn(await shell.run(command.text));
  while (shapeOf(actual) !== shapeOf(expected) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    actual = objectsIn(await shell.run(command.text));
  }
  expect(shapeOf(actual)).toBe(shapeOf(expected));
  expect(actual.map((one) => Object.entries(one as object)[0])).toEqual(actual.map(() => ["version", 1]));
}

/** All JSON objects in an output. Lines outside of them are ignored. */
function objectsIn(text: string): readonly unknown[] {
  const objects: unknown[] = [];
  let pending = "";
  for (const line of text.split("\n")) {
    if (pending === "" && !line.startsWith("{")) continue;
    pending += `${line}\n`;
    const object = parsed(pending);
    if (object === undefined) continue;
    objects.push(object);
    pending = "";
  }
  return objects;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Text of a value that hides parts that differ between runs: numbers outside of tuples and ranges, times, hashes, folders of sockets. */
function shapeOf(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (key === "tuple" || key === "range" || key === "version") return JSON.stringify(part);
    if (typeof part === "number") return "#";
    if (typeof part !== "string") return part;
    if (key === "socket") return part.replace(/^.*\//, "");
    return key === "text" || key === "observed" ? part.replaceAll(/\d+/g, "#") : withoutTimes(part);
  });
}

function withoutTimes(text: string): string {
  return text.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, "TIME").replace(/^[0-9a-f]{64}$/, "HASH");
}

test("docs/json.md names every field of the metrics", () => {
  const source = readFileSync(join(ROOT, "runtime/observe/metrics-snapshot.ts"), "utf8");
  const fields = new Set([...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = ""]) => name));
  const page = readFileSync(PAGE, "utf8");
  expect(fields.size).toBeGreaterThan(50);
  expect([...fields].filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});
