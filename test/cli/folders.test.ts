import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { filesBelow, ROOT } from "../house/tree.ts";

/** The folders of `src/cli`, each with the folders that it imports, also by `import type` and `import()`. Imports only point down. */
const FOLDERS = `
.          → commands, options, completion, files, terminal
commands   → explore, explain, topology, client, run, options, completion, files, terminal
explore    → topology, run, options, files, terminal
explain    → options, files, terminal
topology   → client, run, options, files, terminal
client     → options, completion, terminal
run        → options, files, terminal
options    → completion, terminal
completion → nothing
files      → terminal
terminal   → nothing
`;

const HOME = "src/cli";
const IMPORT = /(?:\bfrom |\bimport\()"(\.[^"]+)"/g;

const names = FOLDERS.trim()
  .split("\n")
  .map((line) => line.split(" ")[0] ?? "");

/** Folders of `src/cli` that a file imports, without its own. */
function importedFolders(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(IMPORT)]
    .map(([, path = ""]) => normalize(join(dirname(file), path)))
    .filter((path) => path.startsWith(`${HOME}/`))
    .map(folderOf)
    .filter((folder) => folder !== folderOf(file));
}

function folderOf(file: string): string {
  return dirname(file).slice(HOME.length + 1) || ".";
}

test("the folders of src/cli import each other as drawn, and only downwards", () => {
  const files = filesBelow(HOME).filter((file) => file.endsWith(".ts"));
  const arrows = names.map((name) => {
    const imported = new Set(files.filter((file) => folderOf(file) === name).flatMap(importedFolders));
    return `${name.padEnd(10)} → ${names.filter((other) => imported.has(other)).join(", ") || "nothing"}\n`;
  });
  expect(`\n${arrows.join("")}`).toBe(FOLDERS);
  expect(new Set(files.map(folderOf))).toEqual(new Set(names));
  for (const line of arrows) {
    const [name = "", imported = ""] = line.trim().split(/ +→ /);
    const below = names.slice(names.indexOf(name) + 1);
    expect(imported === "nothing" ? [] : imported.split(", ").filter((other) => !below.includes(other))).toEqual([]);
  }
});
