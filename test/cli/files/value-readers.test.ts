/**
 * A value has one text and one reading: the six places where users write values (programs, `--fact`, `-D`, `mosaic ctl insert`, `.facts`
 * and `.csv` files) read what every printer writes as the same value, and read or refuse the same numbers.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { Address } from "../../../runtime/plan/values/address.ts";
import { formatTuple, formatValue } from "../../../runtime/plan/values/format.ts";
import { encodeValue, formatJsonValue } from "../../../runtime/plan/values/json-value.ts";
import { Packet } from "../../../runtime/plan/values/packet.ts";
import { printableLines } from "../../../runtime/plan/values/printable.ts";
import type { Value, Values } from "../../../runtime/plan/values/value.ts";
import { readFactFiles } from "../../../src/cli/files/fact-files.ts";
import { FileLibrary } from "../../../src/cli/files/file-library.ts";
import { compileForRun } from "../../../src/cli/run/compile-for-run.ts";
import { printTable } from "../../../src/cli/terminal/print-table.ts";
import { compile } from "../../../src/compile.ts";
import { readFacts } from "../../../src/query/read-facts.ts";
import { arbitraryValue } from "../../arbitrary-value.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-values-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TABLE = "materialize(p, infinity, infinity, keys(1)).\n";

/** Value that a reader makes of a text; undefined if it refuses the text. */
type Reader = (text: string) => Value | undefined;

function valueIn(plan: Plan | undefined): Value | undefined {
  return plan?.facts[0]?.args[0];
}

function compiled(text: string, defines: ReadonlyMap<string, string> = new Map()): Plan | undefined {
  const library = new FileLibrary();
  library.addText("p.mzl", `${TABLE}${text}`);
  return compile(["p.mzl"], library, { defines, dialect: undefined }).plan;
}

const PLAN = compiled("p(0).") as Plan;
writeFileSync(join(folder, "empty.mzl"), `${TABLE}a: q(X) :- p(X).\n`);

function rowsOf(extension: string, text: string, arity = 1): readonly Values[] | undefined {
  const path = join(folder, `p.${extension}`);
  writeFileSync(path, text);
  const [spec] = PLAN.predicates.filter(({ name }) => name === "p");
  const read = readFactFiles(folder, [{ ...(spec as Plan["predicates"][number]), arity, columns: [] }]);
  rmSync(path);
  return read === undefined || read.problems.length > 0 ? undefined : read.facts.map(({ args }) => args);
}

const readers: Readonly<Record<string, Reader>> = {
  program: (text) => valueIn(compiled(`p(${text}).`)),
  "-D": (text) => valueIn(compiled("p(VALUE).", new Map([["VALUE", text]]))),
  "--fact": (text) => {
    const files = [join(folder, "empty.mzl")];
    return valueIn(
      compileForRun({ files, facts: [`p(${text})`], hasTun: false, defines: new Map(), dialect: undefined }).plan,
    );
  },
  ctl: (text) => readFacts(`p(${text})`, PLAN, false).facts?.[0]?.args[0],
  ".facts": (text) => rowsOf("facts", `${text}\n`)?.[0]?.[0],
  ".csv": (text) => rowsOf("csv", `${/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text}\n`)?.[0]?.[0],
};

/** The values that a program can write: all but tuples and NaN. */
function canBeWritten(value: Value): boolean {
  if (value instanceof Address) return [value.node, ...value.options].every(canBeWritten);
  if (Array.isArray(value)) return (value as Values).every(canBeWritten);
  return !(value instanceof Packet) && !Number.isNaN(value);
}

const writable = arbitraryValue().filter(canBeWritten);

function shown(value: Value | undefined): string {
  return value === undefined ? "refused" : formatValue(value);
}

/** Control characters, separators, formats, bidirectional controls, surrogates, unassigned and private code points, letters. */
const ALL_CLASSES =
  "a\0\x07\b\t\n\v\f\r\x1b \x7f\x85\xa0\xad\u0300\u061c" +
  "\u180e\u200b\u200d\u2028\u2029\u202e\u2066\ud800b\udc00\ue000\ufdd0\ufeff\ufffd\u{1f600}\u{e0001}\u{10ffff}";

describe.each(Object.entries(readers))("%s", (_name, read) => {
  test("reads the text that `mosaic query` and `mosaic eval` print for a value as that value", () => {
    fc.assert(
      fc.property(writable, (value) => {
        expect(shown(read(formatValue(value)))).toBe(shown(value));
      }),
      { numRuns: 150 },
    );
  });

  test("reads the text that stands for a value of JSON as that value", () => {
    fc.assert(
      fc.property(writable, (value) => {
        const json = JSON.parse(JSON.stringify(encodeValue(value))) as ReturnType<typeof encodeValue>;
        expect(shown(read(formatJsonValue(json)))).toBe(shown(value));
      }),
      { numRuns: 50 },
    );
  });

  test.each(["text", "list"])("reads the literal of a %s with characters of all classes", (form) => {
    const value = form === "text" ? ALL_CLASSES : [ALL_CLASSES];
    expect(printableLines(formatValue(value))).toBe(formatValue(value));
    expect(read(formatValue(value))).toEqual(value);
  });

  test("reads a decimal integer exactly, or refuses it", () => {
    const limit = 10n ** 18n;
    const integers = fc.oneof(
      fc.bigInt({ min: -limit, max: limit }),
      fc.bigInt({ min: 2n ** 53n - 9n, max: 2n ** 53n + 9n }),
      fc.bigInt({ min: -(2n ** 53n) - 9n, max: 9n - 2n ** 53n }),
      fc.maxSafeInteger().map(BigInt),
    );
    fc.assert(
      fc.property(integers, (integer) => {
        const value = read(String(integer));
        const isExact = integer <= 2n ** 53n && integer >= -(2n ** 53n);
        expect(typeof value === "number" ? BigInt(value) : value).toBe(isExact ? integer : undefined);
      }),
      { numRuns: 150 },
    );
  });

  test.each<[string, Value | undefined]>([
    ["1e5", 100_000],
    ["15e2", 1500],
    ["1e+21", 1e21],
    ["1e23", 1e23],
    ["1.0e300", 1e300],
    ["-1.5e-3", -0.0015],
    ["0x1f", 31],
    ["20ms", 0.02],
    ["0x1fI", 31n],
    ["true", true],
    ["null", null],
    ["infinity", Infinity],
    ["-infinity", -Infinity],
    ["9007199254740992", 2 ** 53],
    ["9007199254740992.0", 2 ** 53],
    ["9007199254740993", undefined],
    ["-9007199254740993", undefined],
    ["9007199254740993.0", undefined],
    ["9007199254740993e0", undefined],
    ["9.007199254740993e15", undefined],
    ["0x20000000000001", undefined],
    ["9007199254740993ms", undefined],
    ["1e999", undefined],
    ["1e-999", undefined],
    ["0e-999", 0],
    [`1${"0".repeat(50)}I`, undefined],
  ])("reads %s as %s", (text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});

function csvLines(rows: readonly Values[]): string {
  const lines: string[] = [];
  const output = {
    hasColour: false,
    result: (line: string) => void lines.push(line),
    data: (line: string) => void lines.push(line),
    problem: () => undefined,
  };
  printTable("p", rows, { kind: "csv", json: false }, output);
  return `${lines.join("\n")}\n`;
}

describe("rows that `--csv` prints", () => {
  test.each(Array.from(ALL_CLASSES))(
    "are read as the same text with the character %j, and hold it printable",
    (character) => {
      for (const text of [character, `a${character}b`, `"${character}`]) {
        const lines = csvLines([[text]]);
        expect(printableLines(lines)).toBe(lines);
        expect(rowsOf("csv", lines)).toEqual([[text]]);
      }
    },
  );

  test("are read as the same rows", () => {
    const rows = fc
      .integer({ min: 1, max: 4 })
      .chain((arity) =>
        fc.array(fc.array(writable, { minLength: arity, maxLength: arity }), { minLength: 1, maxLength: 8 }),
      );
    const texts = fc.constantFrom(
      "7",
      "-7x",
      "true",
      "null",
      "infinity",
      "[1, 2]",
      "[]",
      "i3::0x1I",
      '"a"',
      'b"00"',
      " a ",
      "a\nb",
      "a\r\nb",
      "\r",
      ",",
      "",
      "x::y",
    );
    const column = fc.array(
      texts.map((text) => [text] as Values),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(fc.oneof(rows, column), (table) => {
        const read = rowsOf("csv", csvLines(table), table[0]?.length);
        expect(read?.map((row) => formatTuple("p", row))).toEqual(table.map((row) => formatTuple("p", row)));
      }),
      { numRuns: 300 },
    );
  });

  test.each(
    (
      [
        ["007", '"007"'],
        ["a b", "a b"],
        ["7", '"7"'],
        ["true", '"true"'],
        ["a\nb", '"a\nb"'],
        [["a", 1], '"[""a"", 1]"'],
        ['["a", 1]', String.raw`"""[\""a\"", 1]"""`],
        [[1], "[1]"],
        [0x1fn, "0x1fI"],
        [new Address("ron", "10.0.0.1:5"), '"ron::""10.0.0.1:5"""'],
        [Uint8Array.of(10, 255), '"b""0aff"""'],
      ] as readonly [Value, string][]
    ).map(([value, text]) => [text, value] as [string, Value]),
  )("hold the field %s", (text, value) => {
    expect(csvLines([[value]])).toBe(`${text}\n`);
  });
});
