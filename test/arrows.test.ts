import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filesBelow, ROOT } from "./house/tree.ts";

/**
 * Allowed imports between folders: the arrows of `docs/architecture.md`. The test derives this table from the TypeScript compiler:
 * it compiles a copy of the tsconfig files in which every folder has one file per possible import.
 */
const ARROWS = `
grammar      → nothing
runtime/plan → node:fs
native       → node:fs
runtime      → node:fs, runtime/plan, native
src          → grammar, runtime/plan
lab          → node:fs, runtime/plan, native, runtime
src/cli      → node:fs, grammar, runtime/plan, native, runtime, src, lab
test         → node:fs, grammar, runtime/plan, native, runtime, src, lab, src/cli, bench
bench        → node:fs, grammar, runtime/plan, native, runtime, src, lab, src/cli
`;

/** Errors of a forbidden import: TS6307, file not listed in the project, and TS2591, no types of Node for `node:fs`. */
const NOT_LISTED = /^(\S+\.ts)\(\d+,\d+\): error TS(?:6307|2591)/gm;

const copy = mkdtempSync(join(tmpdir(), "mosaic-arrows-"));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test("exactly the imports along the arrows compile", () => {
  const projects = projectFolders();
  plantEveryImport(projects);
  const rejected = compile();
  expect(draw(projects, rejected)).toBe(ARROWS);
}, 60_000);

test("every TypeScript file is in a project", () => {
  const covered = (file: string): boolean => projectFolders().some((project) => file.startsWith(`${project}/`));
  const files = filesBelow(".").filter((file) => file.endsWith(".ts") && !covered(file));
  expect(files).toEqual(["vitest.config.ts"]);
});

function projectFolders(): readonly string[] {
  return references(".");
}

function references(project: string): readonly string[] {
  const config = JSON.parse(readFileSync(join(ROOT, project, "tsconfig.json"), "utf8")) as {
    references?: readonly { path: string }[];
  };
  return (config.references ?? []).map((reference) => join(project, reference.path));
}

function plantEveryImport(projects: readonly string[]): void {
  for (const file of ["tsconfig.base.json", "tsconfig.json", "package.json"])
    cpSync(join(ROOT, file), join(copy, file));
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  for (const project of projects) {
    mkdirSync(join(copy, project), { recursive: true });
    cpSync(join(ROOT, project, "tsconfig.json"), join(copy, project, "tsconfig.json"));
    plant(project, "here.ts", `export const here: string = "${project}";\n`);
    for (const target of targets(projects, project)) plantImport(project, target);
  }
}

function plantImport(project: string, target: string): void {
  const from = target === "node:fs" ? target : `./${relative(project, join(target, "here.ts"))}`;
  plant(project, importFile(target), `import * as there from "${from}";\nexport const seen: object = there;\n`);
}

function plant(project: string, file: string, text: string): void {
  const path = join(copy, project, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function importFile(target: string): string {
  return `imports-${target.replace(/\W/g, "-")}.ts`;
}

function targets(projects: readonly string[], project: string): readonly string[] {
  return ["node:fs", ...projects.filter((target) => target !== project)];
}

/** Compiles the copy. Returns the files with a forbidden import. */
function compile(): ReadonlySet<string> {
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { stdout } = spawnSync(tsc, ["-b", "--pretty", "false"], { cwd: copy, encoding: "utf8" });
  return new Set([...stdout.matchAll(NOT_LISTED)].map((match) => String(match[1])));
}

function draw(projects: readonly string[], rejected: ReadonlySet<string>): string {
  const lines = projects.map((project) => {
    const reached = targets(projects, project).filter((target) => !rejected.has(join(project, importFile(target))));
    return `${project.padEnd(12)} → ${reached.join(", ") || "nothing"}\n`;
  });
  return `\n${lines.join("")}`;
}
