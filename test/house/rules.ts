/**
 * House rules on all files of the repository: sizes, names, imports, elements and programs. `test/tidy.test.ts` applies each rule,
 * first to a file that breaks it.
 */
import type { TextFile } from "./tree.ts";

/** House rule: returns one line per violation in the files, which begins with the path of the file. */
export type Rule = (files: readonly TextFile[]) => readonly string[];

const LINES_MAX = 600;
const COLUMNS_MAX = 140;

const CODE = /\.(ts|mjs|c|h|sh|mzl)$/;
const TYPESCRIPT = /\.ts$/;
const WIDE = /\.(ts|mjs|c|h)$/;
/** Files of elements: all files of their folder except the contract, the edges and the list. */
const ELEMENT = /^runtime\/elements\/(?!(?:element|edge|wiring|element-specs)\.ts$)[^/]+\.ts$/;
const PROGRAM = /^programs\/[^/]+\.mzl$/;
const SPECIFICATION = /^test\/(?!house\/|tidy\.test\.ts)/;

const UNFINISHED = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X".repeat(3)].join("|")})\\b`);
const PERSONAL_PATH = /\/(?:work|root)\/\w|\/(?:home|Users)\/\w+\/|\.\.\/shared\b|mission\/dossier/;
const VAGUE = /(?:^|[/-])(?:utils?|helpers?|misc|common)(?:[/.-]|$)/;
const OUTSIDE_INPUT =
  /\b(?:Date\.now|Math\.random|performance\.now|set(?:Timeout|Interval|Immediate)|process\.hrtime|randomBytes)\b/;

/** Code whose lists may come from a program's data, the network or a file. */
const RUNNING_CODE = /^(?:runtime|src|lab)\/.*\.ts$/;

/** Packages that each folder may import; `node:` stands for all modules of Node. A folder that is not listed may import any. */
const BARE_IMPORTS: readonly (readonly [folder: string, names: readonly string[]])[] = [
  ["grammar/", ["chevrotain"]],
  ["runtime/plan/", ["node:buffer", "node:crypto", "node:net"]],
  ["runtime/", ["node:", "dgram-as-promised", "js-sha1", "pure-rand"]],
  ["native/", ["node:"]],
  ["src/cli/", ["node:", "commander", "@babel/code-frame", "smol-toml", "zod"]],
  ["src/", ["immutable"]],
  ["lab/plots/", ["node:", "echarts", "@resvg/resvg-js"]],
  ["lab/", ["node:", "smol-toml", "zod"]],
];

/** Folders of the compiler. Each may import the ones before it. */
const COMPILER_FOLDERS: readonly string[] = ["program", "0-load", "1-check", "2-rewrite", "3-plan", "4-emit", "query"];

/** Sections of an element's manual after signature and synopsis, in order. */
const ELEMENT_SECTIONS: readonly string[] = ["Ports", "Drops", "Reads", "Built", "See"];

/** Code files are short enough for one subject. */
export const shortFiles: Rule = (files) =>
  files
    .filter((file) => CODE.test(file.path) && linesOf(file).length > LINES_MAX)
    .map((file) => `${file.path}: ${linesOf(file).length} lines`);

/** Lines fit the width of a review. */
export const narrowLines: Rule = (files) =>
  faultsByLine(ofKind(files, WIDE), (line) => (line.length > COLUMNS_MAX ? `${line.length} columns` : undefined));

/** No file has a mark for unfinished work. */
export const noUnfinishedWork: Rule = (files) => faultsByLine(files, (line) => UNFINISHED.exec(line)?.[0]);

/** No file names a folder of a single machine. */
export const noPersonalPaths: Rule = (files) => faultsByLine(files, (line) => PERSONAL_PATH.exec(line)?.[0]);

/** File names are specific. */
export const specificFileNames: Rule = (files) =>
  files.filter((file) => VAGUE.test(file.path)).map((file) => `${file.path}: name it after what it holds`);

/**
 * No call spreads a list into arguments, and none uses `apply` with a list: the call stack bounds the number of arguments, and the length
 * of a list comes from a program's data. A loop or `reduce` has no such bound.
 */
export const noSpreadArguments: Rule = (files) =>
  files
    .filter(({ path }) => RUNNING_CODE.test(path))
    .flatMap(({ path, text }) => {
      const code = withoutComments(text);
      return [...code.matchAll(/\.\.\.|\.apply\((?:undefined|null|this|[A-Z]\w*),/g)]
        .filter(({ 0: found, index }) => found !== "..." || isArgument(code, index))
        .map(({ index }) => `${path}:${code.slice(0, index).split("\n").length}: spreads a list into arguments`);
    });

/** Whether the `...` at an offset stands in the parentheses of a call, not of a parameter list. */
function isArgument(code: string, offset: number): boolean {
  let depth = 0;
  let start = offset - 1;
  for (; start >= 0 && depth >= 0; start--) {
    const character = code.charAt(start);
    if (")]}".includes(character)) depth++;
    else if ("([{".includes(character)) depth--;
  }
  if (code.charAt(start + 1) !== "(" || !/[\w$)\]>]\s*$/.test(code.slice(0, start + 1))) return false;
  return !/^\.\.\.[\w$]+\s*[:)]\s*(?:readonly|\(|\w|=>)/.test(code.slice(offset));
}

/** The code with comments and the contents of plain strings blanked, at the same offsets. */
function withoutComments(text: string): string {
  return text.replaceAll(/"(?:\\.|[^"\\\n])*"|\/\*[^]*?\*\/|\/\/.*/g, (found) => found.replaceAll(/[^\n]/g, " "));
}

/** No file re-exports, so imports name the defining file. Only `native/index.ts` is an index file. */
export const noBarrels: Rule = (files) => [
  ...ofKind(files, /(?:^|\/)index\.ts$/)
    .filter((file) => file.path !== "native/index.ts")
    .map((file) => `${file.path}: index file`),
  ...faultsByLine(ofKind(files, TYPESCRIPT), (line) => (/^export\b.*\bfrom "/.test(line) ? "re-export" : undefined)),
];

/** Each folder imports only its allowed packages. */
export const allowedPackages: Rule = (files) =>
  ofKind(files, TYPESCRIPT).flatMap((file) => {
    const names = BARE_IMPORTS.find(([folder]) => file.path.startsWith(folder))?.[1];
    if (names === undefined) return [];
    const disallowed = importsOf(file).filter(
      (from) => !from.startsWith(".") && !names.some((name) => covers(name, from)),
    );
    return disallowed.map((from) => `${file.path}: imports ${from}`);
  });

/** A folder of the compiler imports only earlier ones. The files directly in `src/` may import all folders. */
export const phasesInOrder: Rule = (files) =>
  files.flatMap((file) => {
    const phase = phaseOf(file.path);
    if (phase === undefined) return [];
    return importsOf(file)
      .filter((from) => (phaseOf(resolveImport(file.path, from)) ?? phase) > phase)
      .map((from) => `${file.path}: imports ${from}`);
  });

/** A node takes time and randomness from its world, so that the simulator can provide them. */
export const injectedWorld: Rule = (files) =>
  faultsByLine(
    files.filter((file) => /^runtime\/(?!device\/).*\.ts$/.test(file.path)),
    (line) => (/^\s*(?:\*|\/[/*])/.test(line) ? undefined : OUTSIDE_INPUT.exec(line)?.[0]),
  );

/** Every element's file exports a `spec` with the name of the file. */
export const namedElements: Rule = (files) =>
  ofKind(files, ELEMENT).flatMap((file) => {
    const name = /export const spec\b[^]*?\bname: "([^"]+)"/.exec(file.text)?.[1];
    if (name === undefined) return [`${file.path}: exports no spec with a name`];
    return plain(name) === pascal(file.path) ? [] : [`${file.path}: its spec is named ${name}`];
  });

/** Every element's spec has a manual page with all its sections. */
export const documentedElements: Rule = (files) =>
  ofKind(files, ELEMENT).flatMap((file) => {
    const manual = elementManual(file);
    if (manual === undefined) return [`${file.path}: no manual that begins with ${pascal(file.path)}(...)`];
    const missing = missingSections(manual);
    return missing.length === 0 ? [] : [`${file.path}: manual without ${missing.join(", ")}`];
  });

/** Every element is created in the file that its manual names under Built. */
export const createdElements: Rule = (files) =>
  ofKind(files, ELEMENT).flatMap((file) => {
    const named = /^Built\s+by ([\w./-]+\.ts)\b/m.exec(elementManual(file) ?? "")?.[1];
    const creator = files.find(({ path }) => path === named);
    const isCreated = creator?.text.includes(`new ${pascal(file.path)}(`) === true;
    return isCreated ? [] : [`${file.path}: ${named ?? "no file of its manual"} does not create it`];
  });

/** Every element is mentioned in a test. */
export const testedElements: Rule = (files) =>
  ofKind(files, ELEMENT)
    .filter((file) => !mentionedInTests(files, [pascal(file.path), stem(file.path)]))
    .map((file) => `${file.path}: no test mentions it`);

/** Every program begins with a header comment. */
export const documentedPrograms: Rule = (files) =>
  ofKind(files, PROGRAM)
    .filter((file) => !/^\s*(?:\/\/|\/\*|%%)/.test(file.text))
    .map((file) => `${file.path}: no header comment`);

/** Every program is mentioned in a test. */
export const testedPrograms: Rule = (files) =>
  ofKind(files, PROGRAM)
    .filter((file) => !mentionedInTests(files, [`${stem(file.path)}.mzl`]))
    .map((file) => `${file.path}: no test mentions it`);

function ofKind(files: readonly TextFile[], path: RegExp): readonly TextFile[] {
  return files.filter((file) => path.test(file.path));
}

function linesOf(file: TextFile): readonly string[] {
  return file.text.replace(/\n$/, "").split("\n");
}

function faultsByLine(files: readonly TextFile[], fault: (line: string) => string | undefined): readonly string[] {
  return files.flatMap((file) =>
    linesOf(file).flatMap((line, index) => {
      const found = fault(line);
      return found === undefined ? [] : [`${file.path}:${index + 1}: ${found}`];
    }),
  );
}

/** Returns the import specifiers of a file. Relies on the formatter: imports begin and end in the first column. */
function importsOf(file: TextFile): readonly string[] {
  const statements = file.text.matchAll(/^(?:import|export|\})(?:[^"'`;]*\bfrom)? ?"([^"]+)"/gm);
  const calls = file.text.matchAll(/\bimport\("([^"]+)"\)/g);
  return [...statements, ...calls].map((match) => String(match[1]));
}

function covers(name: string, from: string): boolean {
  return name === from || from.startsWith(name.endsWith(":") ? name : `${name}/`);
}

/** Returns the index of a file's folder in `COMPILER_FOLDERS`. Undefined outside the compiler. */
function phaseOf(path: string): number | undefined {
  const [, folder] = /^src\/(?!cli\/)(?:([^/]+)\/)?[^/]+$/.exec(path) ?? [undefined, undefined];
  if (folder !== undefined) return COMPILER_FOLDERS.indexOf(folder);
  return /^src\/[^/]+$/.test(path) ? COMPILER_FOLDERS.length : undefined;
}

function resolveImport(path: string, from: string): string {
  return new URL(from, `file:///${path}`).pathname.slice(1);
}

function stem(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.[^.]+$/, "");
}

function pascal(path: string): string {
  return stem(path).replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Removes characters of an element's name that file names lack: `Tun::Rx` is defined in `tun-rx.ts`. */
function plain(name: string): string {
  return name.replace(/\W/g, "");
}

function elementManual(file: TextFile): string | undefined {
  const manual = /\bmanual: `\n([^`]*)`/.exec(file.text)?.[1];
  return plain(/^[\w:.]+/.exec(manual ?? "")?.[0] ?? "") === pascal(file.path) ? manual : undefined;
}

function missingSections(manual: string): readonly string[] {
  const synopsis = manual.split("\n\n").length >= 3 ? [] : ["synopsis"];
  return [...synopsis, ...ELEMENT_SECTIONS.filter((section) => !new RegExp(`^${section}\\s+\\S`, "m").test(manual))];
}

function mentionedInTests(files: readonly TextFile[], names: readonly string[]): boolean {
  return ofKind(files, SPECIFICATION).some((file) => names.some((name) => file.text.includes(name)));
}
