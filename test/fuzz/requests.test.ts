/**
 * Hostile requests of control clients and hostile files of facts: nothing throws, each request gets one answer, and time and memory are
 * bounded. A request is any line of at most 64 KiB.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { parseRequest } from "../../runtime/control/request.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { type FactFiles, readFactFiles } from "../../src/cli/files/fact-files.ts";
import { AskedNode, planOf } from "../control/asked-node.ts";
import { hostileText, mutated } from "./hostile-text.ts";
import { cpuSeconds } from "./step-meter.ts";

const LINES = 30_000;
/** Requests that the compiler answers: it takes far longer for one than the reader of lines. */
const COMPILED = 3_000;
const LONGEST = 60_000;
const GROWTH_BYTES = 64 * 2 ** 20;
/** CPU seconds for a line that is read, and for a request that is compiled. */
const LINE_SECONDS = 0.05;
const REQUEST_SECONDS = 1;

const PROGRAM = `
materialize(link, infinity, 1000, keys(1,2)).
materialize(seen, infinity, 1000, keys(1)).
r1: seen(X) :- link(X, _).
`;
const REQUESTS: readonly object[] = [
  { do: "query", text: "link" },
  { do: "query", text: "link(X, Y), X < Y" },
  { do: "insert", text: 'link("a", [1, 0x2I, ron::"b"])' },
  { do: "delete", text: "link(1, 2)" },
  { do: "metrics" },
  { do: "unload", name: "x" },
  { do: "trace", predicate: "link" },
  { do: {} },
];

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function memory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Runs `act` so many times. Returns the growth, and the CPU seconds of the longest run; of a long run the better of two counts. */
function measured(times: number, act: (at: number) => void): { readonly longest: number; readonly growth: number } {
  const before = memory();
  let longest = 0;
  for (let at = 0; at < times; at++) {
    let seconds = timeOf(() => act(at));
    if (seconds > LINE_SECONDS)
      seconds = Math.min(
        seconds,
        timeOf(() => act(at)),
      );
    longest = Math.max(longest, seconds);
  }
  return { longest, growth: memory() - before };
}

function timeOf(act: () => void): number {
  const start = cpuSeconds();
  act();
  return cpuSeconds() - start;
}

/** Returns lines of a client: valid requests, mutations of them, fields of any JSON value, and text of any kind. */
function requestLines(count: number, longest: number): readonly string[] {
  const random = streamOf(1, "requests");
  return Array.from({ length: count }, () => {
    const request = REQUESTS[random.integer(REQUESTS.length)] as object;
    switch (random.integer(4)) {
      case 0:
        return JSON.stringify({ v: 1, id: random.integer(9), ...request, text: hostileText(random, longest) });
      case 1:
        return mutated(JSON.stringify({ v: 1, id: 1, ...request }), random);
      case 2:
        return `{"v":1,"id":[],"do":{"toString":${random.integer(2)}},"text":${JSON.stringify(hostileText(random, 200))}}`;
      default:
        return hostileText(random, longest);
    }
  });
}

test(`${LINES} hostile lines are read as requests, or refused with a reason`, { timeout: 300_000 }, () => {
  const lines = requestLines(LINES, LONGEST);
  const { longest, growth } = measured(LINES, (at) => {
    expect(typeof parseRequest(lines[at] as string).ok).toBe("boolean");
  });
  expect(longest).toBeLessThan(LINE_SECONDS);
  expect(growth).toBeLessThan(GROWTH_BYTES);
});

test(`${COMPILED} hostile requests to a node each get an answer`, { timeout: 300_000 }, () => {
  const asked = new AskedNode(PROGRAM);
  const lines = requestLines(COMPILED, LONGEST);
  const { longest, growth } = measured(COMPILED, (at) => {
    asked.session.line(lines[at] as string);
    expect(asked.lines.length).toBeGreaterThan(0);
    asked.lines.length = 0;
  });
  expect(longest).toBeLessThan(REQUEST_SECONDS);
  expect(growth).toBeLessThan(GROWTH_BYTES);
});

test(`${LINES} hostile lines of facts files are facts, or problems with file and line`, { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-fuzz-"));
  try {
    const random = streamOf(1, "facts");
    const lines = Array.from({ length: LINES }, () =>
      random.integer(2) === 0 ? mutated('link\t12,"a ""b""",-1.5e3', random) : hostileText(random, 2000),
    );
    const { predicates } = planOf(PROGRAM);
    for (const kind of ["facts", "csv"]) {
      writeFileSync(join(folder, `link.${kind}`), lines.join("\n"));
      let read: FactFiles | undefined;
      const { longest } = measured(1, () => {
        read = readFactFiles(folder, predicates);
      });
      expect(longest).toBeLessThan(LINES * 5e-5);
      expect((read?.facts.length ?? 0) + (read?.problems.length ?? 0)).toBeGreaterThan(LINES / 2);
      expect(read?.facts.every(({ args }) => args.length === 2)).toBe(true);
    }
    writeFileSync(join(folder, "seen.facts"), new Uint8Array([0xff, 0xfe, 0x00]));
    expect(readFactFiles(folder, predicates)?.problems.at(-1)).toContain("not a file of UTF-8 text");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
