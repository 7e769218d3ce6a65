import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filesBelow, ROOT } from "./house/tree.ts";

/**
 * Which folder may import which: the arrows of `docs/architecture.md`. The compiler itself draws this table. It is
 * given the tsconfig files of the repository, in a copy where every folder holds one file for every import there could be.
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

/** "Not listed within the file list of the project", and "cannot find the name `node:fs`" where Node's types are left out. */
const NOT_LISTED = /^(\S+\.ts)\(\d+,\d+\): error TS(?:6307|2591)/gm;

const copy = mkdtempSync(join(tmpdir(), "mosaic-arrows-"));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test("an import against the arrows is a compile error, one along them is not", () => {
  const projects = projectFolders();
  plantEveryImport(projects);
  const refused = compile();
  expect(draw(projects, refused)).toBe(ARROWS);
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

/** The planted files that the compiler found fault with. */
function compile(): ReadonlySet<string> {
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const { stdout } = spawnSync(tsc, ["-b", "--pretty", "false"], { cwd: copy, encoding: "utf8" });
  return new Set([...stdout.matchAll(NOT_LISTED)].map((match) => String(match[1])));
}

function draw(projects: readonly string[], refused: ReadonlySet<string>): string {
  const lines = projects.map((project) => {
    const reached = targets(projects, project).filter((target) => !refused.has(join(project, importFile(target))));
    return `${project.padEnd(12)} → ${reached.join(", ") || "nothing"}\n`;
  });
  return `\n${lines.join("")}`;
}
