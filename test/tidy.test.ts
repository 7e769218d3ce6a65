/**
 * House rules, which replace comments of reviewers. Each rule is applied to a file that breaks it, to show that it detects
 * something, and then to every file of the repository.
 */
import { describe, expect, test } from "vitest";
import * as rules from "./house/rules.ts";
import type { Rule } from "./house/rules.ts";
import { writtenFiles } from "./house/tree.ts";

/** House rule with a file that breaks it and the expected fault. */
interface Case {
  readonly title: string;
  readonly rule: Rule;
  readonly path: string;
  readonly text: string;
  readonly fault: string;
}

const MANUAL = `export const spec: ElementSpec = {
  name: "LocSpecDemux",
  manual: \`
LocSpecDemux(overlays)

Sends each tuple to the strand of its overlay.

Ports   in: 1 push.
Drops   nothing.
Built   by the planner.
See     OverlaySendWrap
\`,
};
`;

const CASES: readonly Case[] = [
  {
    title: "no code file is over 600 lines",
    rule: rules.shortFiles,
    path: "src/compile.ts",
    text: "x\n".repeat(601),
    fault: "src/compile.ts: 601 lines",
  },
  {
    title: "no line of C or TypeScript is over 140 columns",
    rule: rules.narrowLines,
    path: "native/tun.c",
    text: `\n${"x".repeat(141)}\n`,
    fault: "native/tun.c:2: 141 columns",
  },
  {
    title: "no file marks unfinished work",
    rule: rules.noUnfinishedWork,
    path: "docs/wire.md",
    text: `${"TO" + "DO"}: write this`,
    fault: `docs/wire.md:1: ${"TO" + "DO"}`,
  },
  {
    title: "no file names a folder of one machine",
    rule: rules.noPersonalPaths,
    path: "docs/wire.md",
    text: `see /${"home"}/ada/notes`,
    fault: `docs/wire.md:1: /${"home"}/ada/`,
  },
  {
    title: "file names are specific",
    rule: rules.specificFileNames,
    path: "src/string-utils.ts",
    text: "",
    fault: "src/string-utils.ts: name it after what it holds",
  },
  {
    title: "no file re-exports",
    rule: rules.noBarrels,
    path: "src/program/program.ts",
    text: 'export { check } from "./1-check/check.ts";',
    fault: "src/program/program.ts:1: re-export",
  },
  {
    title: "only native has an index.ts",
    rule: rules.noBarrels,
    path: "grammar/index.ts",
    text: "",
    fault: "grammar/index.ts: index file",
  },
  {
    title: "a folder imports only its allowed packages",
    rule: rules.allowedPackages,
    path: "grammar/parser.ts",
    text: 'import {\n  readFileSync,\n} from "node:fs";\nimport { EmbeddedActionsParser } from "chevrotain";',
    fault: "grammar/parser.ts: imports node:fs",
  },
  {
    title: "a phase imports only phases with lower numbers",
    rule: rules.phasesInOrder,
    path: "src/2-rewrite/localise.ts",
    text: 'import type { Graph } from "../3-plan/graph.ts";\nimport { check } from "../1-check/check.ts";',
    fault: "src/2-rewrite/localise.ts: imports ../3-plan/graph.ts",
  },
  {
    title: "the folder that all phases share imports no phase",
    rule: rules.phasesInOrder,
    path: "src/program/visit.ts",
    text: 'import type { Plan } from "../../runtime/plan/plan.ts";\nimport type { Module } from "../0-load/load.ts";',
    fault: "src/program/visit.ts: imports ../0-load/load.ts",
  },
  {
    title: "time and randomness come from the world of the node",
    rule: rules.injectedWorld,
    path: "runtime/engine/timers.ts",
    text: "// Date.now would be wrong here\nconst now = Date.now();",
    fault: "runtime/engine/timers.ts:2: Date.now",
  },
  {
    title: "an element's spec has the name of its file",
    rule: rules.namedElements,
    path: "runtime/elements/loc-spec-demux.ts",
    text: 'export const spec: ElementSpec = {\n  name: "Demux",\n};',
    fault: "runtime/elements/loc-spec-demux.ts: its spec is named Demux",
  },
  {
    title: "no call spreads a list into arguments",
    rule: rules.noSpreadArguments,
    path: "runtime/engine/store.ts",
    text: "all(...rows: readonly Row[]) {\n  const both = new Map([...rows]);\n  winners.push(...rows.map((row) => row.key));\n}",
    fault: "runtime/engine/store.ts:3: spreads a list into arguments",
  },
  {
    title: "an element's file exports its spec",
    rule: rules.namedElements,
    path: "runtime/elements/mux.ts",
    text: "export function mux(): void {}",
    fault: "runtime/elements/mux.ts: exports no spec with a name",
  },
  {
    title: "an element has a manual with signature, synopsis, Ports, Drops, Reads, Built and See",
    rule: rules.documentedElements,
    path: "runtime/elements/loc-spec-demux.ts",
    text: MANUAL,
    fault: "runtime/elements/loc-spec-demux.ts: manual without Reads",
  },
  {
    title: "an element's manual begins with its name",
    rule: rules.documentedElements,
    path: "runtime/elements/mux.ts",
    text: MANUAL,
    fault: "runtime/elements/mux.ts: no manual that begins with Mux(...)",
  },
  {
    title: "an element is created in the file that its manual names",
    rule: rules.createdElements,
    path: "runtime/elements/loc-spec-demux.ts",
    text: MANUAL.replace("by the planner", "by runtime/node/dataflow.ts, one per node"),
    fault: "runtime/elements/loc-spec-demux.ts: runtime/node/dataflow.ts does not create it",
  },
  {
    title: "every element has a test",
    rule: rules.testedElements,
    path: "runtime/elements/round-robin.ts",
    text: "",
    fault: "runtime/elements/round-robin.ts: no test mentions it",
  },
  {
    title: "every program has a header",
    rule: rules.documentedPrograms,
    path: "programs/ron.mzl",
    text: "overlay ron.",
    fault: "programs/ron.mzl: no header comment",
  },
  {
    title: "every program has a test",
    rule: rules.testedPrograms,
    path: "programs/ron.mzl",
    text: "",
    fault: "programs/ron.mzl: no test mentions it",
  },
];

describe("the house rules", () => {
  const files = writtenFiles();

  test.each(CASES)("$title", ({ rule, path, text, fault }) => {
    expect(rule([{ path, text }])).toEqual([fault]);
    expect(rule(files)).toEqual([]);
  });
});
