import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../house/tree.ts";

/**
 * Carries out the recipe "Add an element" of CONTRIBUTING.md in a copy of the tree. The recipe must name every file of code that
 * changes. The new element is stateful, so it must see each packet: the flow cache may cache no run through it.
 */
const FOLDERS = ["grammar", "lab", "native", "runtime", "src", "test/session"];
const FILES = ["package.json", "mosaic", "tsconfig.json", "tsconfig.base.json"];

const copy = mkdtempSync(join(tmpdir(), "mosaic-recipe-"));
afterAll(() => rmSync(copy, { recursive: true, force: true }));

interface Step {
  readonly file: string;
  readonly kind: string;
  readonly text: string;
}

/** Returns the steps of the recipe that have a block of code, each with the first file that it names. */
function stepsOf(recipe: string): readonly Step[] {
  return recipe.split(/^\d+\. /m).flatMap((step) => {
    const file = /`((?:runtime|src)\/[\w./-]+\.ts)`/.exec(step)?.[1];
    const [, kind, block] = /^ {3}```(ts|diff)\n([^]*?)^ {3}```$/m.exec(step) ?? [];
    if (file === undefined || kind === undefined || block === undefined) return [];
    return [{ file, kind, text: block.replaceAll(/^ {3}/gm, "") }];
  });
}

/** Applies a diff without line numbers, whose hunks are separated by `@@`. */
function patched(text: string, diff: string): string {
  return diff.split("@@\n").reduce((before, hunk) => {
    const lines = hunk.trimEnd().split("\n");
    const side = (sign: string): string =>
      lines
        .filter((line) => !line.startsWith(sign))
        .map((line) => line.slice(1))
        .join("\n");
    const [from, to] = [side("+"), side("-")];
    expect(before.split(from), `once in the file:\n${from}`).toHaveLength(2);
    return before.replace(from, () => to);
  }, text);
}

function carryOut({ file, kind, text }: Step): void {
  const path = join(copy, file);
  writeFileSync(path, kind === "ts" ? text : patched(readFileSync(path, "utf8"), text));
}

/** Script that starts a node, sends packets of its device to a peer, and prints how many were cached, sent and dropped. */
const PROBE = `
import { FileLibrary } from "./src/cli/files/file-library.ts";
import { compile } from "./src/compile.ts";
import { Node } from "./runtime/node/node.ts";
import { loadProgram } from "./runtime/node/program.ts";
import { manualWorld } from "./test/session/manual-world.ts";
import { RecordingTun } from "./test/session/recording-tun.ts";
const library = new FileLibrary();
library.addText("case.mzl", \`
  materialize(addressMap, infinity, infinity, keys(1)).
  t: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).
  addressMap("100.64.0.2", "192.0.2.2:1").\`);
const { plan } = compile(["case.mzl"], library, { defines: new Map(), dialect: undefined });
let begin = () => () => undefined;
const hits = { sent: 0, delivered: 0 };
const flowCache = { hits, setRecorder: (record) => void (begin = record), flush() {}, block() {}, countHits() {} };
const tun = new RecordingTun();
const world = { ...manualWorld("192.0.2.1:1"), devices: [tun], flowCache };
world.datagrams.numeric = (address) => address;
const node = new Node(loadProgram(plan), world, { names: ["192.0.2.1:1"], facts: [], watch: [] });
node.start();
const packet = Uint8Array.from({ length: 40 }, (_, at) => [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 253][at] ?? 0);
packet.set([100, 64, 0, 1], 12);
packet.set([100, 64, 0, 2], 16);
const runs = [];
for (let count = 0; count < 12; count++) {
  const end = begin();
  tun.receive(packet);
  runs.push(end() !== undefined);
}
const { in: seen, out: passed, dropped } = node.metrics().elements.find(({ element }) => element === "RateLimit") ?? {};
console.log(JSON.stringify({ cached: runs.filter(Boolean).length, sent: world.datagrams.sent.length, seen, passed, dropped }));
`;

function run(command: string, ...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { cwd: copy, encoding: "utf8" });
  return stdout + stderr;
}

function probe(): unknown {
  return JSON.parse(run(process.execPath, "probe.mjs"));
}

test("the recipe adds a stateful element in four files, and the flow cache takes no packet past it", () => {
  for (const folder of FOLDERS) {
    const filter = (path: string): boolean => !path.includes("/fuzz/");
    cpSync(join(ROOT, folder), join(copy, folder), { recursive: true, filter });
  }
  for (const file of FILES) cpSync(join(ROOT, file), join(copy, file));
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  writeFileSync(join(copy, "probe.mjs"), PROBE);
  // The first run is not cacheable: it adds a peer.
  expect(probe()).toEqual({ cached: 11, sent: 12 });

  const contributing = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
  const steps = stepsOf(/^### Add an element\n([^]*?)^##/m.exec(contributing)?.[1] ?? "");
  expect(steps.map(({ file }) => file)).toEqual([
    "runtime/elements/rate-limit.ts",
    "runtime/elements/element-specs.ts",
    "src/3-plan/network.ts",
    "runtime/node/dataflow.ts",
  ]);
  for (const step of steps) carryOut(step);
  expect(probe()).toEqual({ cached: 0, sent: 10, seen: 12, passed: 10, dropped: { "rate limit": 2 } });

  writeFileSync(join(copy, "case.mzl"), "a: b@X(1) :- c(X).");
  expect(run("./mosaic", "explain", "case.mzl")).toContain("RateLimit");
  expect(run("./mosaic", "explain", "--svg", "case.mzl")).toContain('data-element="RateLimit"');
  expect(run("./mosaic", "explain", "--element", "RateLimit")).toMatch(/^RateLimit\(clock\)/);
  expect(run(process.execPath, "node_modules/typescript/bin/tsc", "-b", "runtime", "src")).toBe("");
}, 120_000);
