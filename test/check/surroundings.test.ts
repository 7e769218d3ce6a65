import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkFiles } from "../../src/cli/explain/check-files.ts";
import { Failure } from "../../src/cli/terminal/failure.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-check-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Checks the programs as files of one command line. Returns the codes and help lines of the diagnostics. */
function checked(...programs: readonly string[]): readonly string[] {
  const files = programs.map((text, at) => {
    const path = join(folder, `p${at}.mzl`);
    writeFileSync(path, text);
    return path;
  });
  const found: string[] = [];
  const print = (line: string): void => void found.push(line);
  const output = { hasColour: false, result: print, data: print, problem: () => undefined };
  const options = { stats: false, json: true, defines: new Map<string, string>(), dialect: undefined };
  try {
    checkFiles(files, options, output);
  } catch (error: unknown) {
    if (!(error instanceof Failure)) throw error;
  }
  return found.map((line) => {
    const { code, help } = JSON.parse(line) as { readonly code: string; readonly help?: string };
    return `${code} ${help ?? ""}`.trim();
  });
}

const READER = "materialize(seen, infinity, infinity, keys(1)).\nseen(X) :- report(X).\n";

describe("an event that a rule reads", () => {
  test("draws a warning if nothing raises or declares it, however far its name is from others", () => {
    expect(checked(READER)).toEqual(["W0232 if they do, declare it: `accept report(any).`"]);
  });

  test.for<readonly [string, string]>([
    ["an accept", `${READER}accept report(any).\n`],
    ["a signature", `${READER}report(any).\n`],
    ["a fact", `${READER}report(3).\n`],
    ["a rule", `${READER}report(E) :- periodic(E, 1).\n`],
    ["the device", "materialize(seen, infinity, infinity, keys(1)).\nseen(P) :- tun(P).\n"],
    ["a change of a table", `${READER.replace("report", "seen_DELTA_DELETE")}`],
    ["the OverLog dialect", `#pragma dialect overlog\n${READER}`],
  ])("draws none with %s", ([, program]) => {
    expect(checked(program)).toEqual([]);
  });

  test("draws none if another file of the command line raises it", () => {
    expect(checked(READER, "report(E) :- periodic(E, 1).\n")).toEqual([]);
  });

  test.for<readonly [string, string]>([
    ["t_DELTA_INSERT(X)", "W0232 declare the table: `materialize(foo.t, infinity, infinity, keys(..)).`"],
    ["bar.send(_, X)", 'W0232 import the file of the overlay `bar`: `import "file.mzl".`'],
    ["bar.recv(X)", 'W0232 import the file of the overlay `bar`: `import "file.mzl".`'],
    ["recv(X)", "W0232 derive it in a rule, as `foo.recv(Packet) :- ..`"],
  ])("gets the declaration that its name asks for: %s", ([literal, advice]) => {
    const program = `overlay foo.\nmaterialize(seen, infinity, infinity, keys(1)).\nseen(X) :- ${literal}.\n`;
    expect(checked(program)).toEqual([advice]);
  });

  test("gets the name of the overlay that has such a table", () => {
    const program = 'import "ron.mzl".\nmaterialize(seen, infinity, infinity, keys(1)).\nseen(X) :- member(X).\n';
    expect(checked(program)).toEqual(["W0232 did you mean `ron.member`?"]);
  });
});

describe("an address of an overlay", () => {
  const sender = "a: alarm@hub::Boss(E) :- periodic(E, 1), boss(Boss).\nmaterialize(boss, infinity, 1, keys(1)).\n";
  const hub = "overlay hub.\nmaterialize(member, infinity, infinity, keys(1)).\n";

  test("draws a warning if no file of the command line declares the overlay", () => {
    expect(checked(sender)).toEqual(['W0202 import the file of the overlay: `import "file.mzl".`']);
  });

  test.for([
    ["before", [hub, sender]],
    ["after", [sender, hub]],
  ] as const)("draws none if a file %s it declares the overlay", ([, files]) => {
    expect(checked(...files).filter((one) => one.startsWith("W0202"))).toEqual([]);
  });

  test.for<readonly [string, string, readonly string[]]>([
    ["whose send has two arguments is an error", "a: hub.recv(P) :- hub.send(_, P).\n", ["E0281"]],
    ["whose send has three arguments is none", "a: hub.recv(P) :- hub.send(_, _, P).\n", []],
  ])("with options, of an overlay in another file %s", ([, overlay, codes]) => {
    const withOptions = sender.replace("hub::Boss", "hub::(Boss, 20ms)");
    const found = checked(withOptions, overlay).map((one) => one.slice(0, 5));
    expect(found.filter((code) => code.startsWith("E") || code === "W0202")).toEqual(codes);
  });
});

describe("the files of one command line", () => {
  const table = "materialize(link, infinity, infinity, keys(1)).\n";
  const reader = "out(X) :- ask(X), link(X).\nask(X) :- periodic(X, 1).\n";

  test("are one program: a file uses the tables of another, in any order", () => {
    expect(checked(reader)).toEqual([
      "E0215 store one of them in a table: `materialize(link, lifetime, size, keys(..)).`",
    ]);
    expect(checked(reader, table)).toEqual([]);
    expect(checked(table, reader)).toEqual([]);
  });

  test("are one program if one of them has an error of its own", () => {
    expect(checked(table, reader, "b: next(Y) :- ask(X).\n").map((one) => one.slice(0, 5))).toEqual(["E0216"]);
  });

  test("are several programs if their declarations conflict", () => {
    const other = "materialize(link, infinity, 5, keys(1)).\nheard(X) :- shutdown(), link(X).\n";
    expect(checked(table + reader, other)).toEqual([]);
  });
});
