import { expect, test } from "vitest";
import { readValue } from "../../src/query/read-value.ts";
import { unusedDefines } from "../../src/0-load/unused-defines.ts";
import { read } from "./reading.ts";

/** Length of a text, and the processor time for it. A text that is read in quadratic time takes several seconds. */
const LENGTH = 1 << 15;
const MAX_SECONDS = 0.5;
const PIECES = [
  ...Array.from("()[]{},.:;@&!?<>=+-*/%|^~_#\\\"'§ \n1aX"),
  ...'/* */ // %% := :: <- b" 0x 1I 1e9 1. \\" "" #if #define #if( p( [" /*" */*'.split(" "),
];
const BEGINNINGS = ["", '"', "/*", "#if ", "1"];

/** Texts that repeat a piece, after a beginning and before an end that fits nothing. */
const TEXTS: readonly string[] = BEGINNINGS.flatMap((beginning) =>
  PIECES.map((piece) => `${beginning}${piece.repeat(Math.ceil(LENGTH / piece.length))}\u0001`),
);

function slowest(act: (text: string) => void): { readonly text: string; readonly seconds: number } {
  let longest = { text: "", seconds: 0 };
  for (const text of TEXTS) {
    const start = process.threadCpuUsage();
    act(text);
    const { user, system } = process.threadCpuUsage(start);
    const seconds = (user + system) / 1e6;
    if (seconds > longest.seconds) longest = { text: text.slice(0, 40), seconds };
  }
  return longest;
}

test.each<[string, (text: string) => void]>([
  ["a program", (text) => read(text, {})],
  ["a value", (text) => readValue(text)],
  ["the macros of a program", (text) => unusedDefines(new Map([["X", ""]]), [{ file: "f", text, dialect: "mozlog" }])],
])("%s is read in time that grows with its length", (_, act) => {
  const { text, seconds } = slowest(act);
  expect(seconds < MAX_SECONDS || text).toBe(true);
});
