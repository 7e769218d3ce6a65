import { describe, expect, test } from "vitest";
import * as rules from "./house/rules.ts";
import type { Rule } from "./house/rules.ts";
import { writtenFiles } from "./house/tree.ts";

/**
 * The house rules: what a reviewer would otherwise say twice. Each is held against every file of the repository, and
 * first against a file that breaks it, so that no rule holds because it looks at nothing.
 */
interface Case {
  readonly says: string;
  readonly rule: Rule;
  readonly path: string;
  readonly text: string;
  readonly complaint: string;
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
    says: "no code file is over 600 lines",
    rule: rules.shortFiles,
    path: "src/compile.ts",
    text: "x\n".repeat(601),
    complaint: "src/compile.ts: 601 lines",
  },
  {
    says: "no line of C or TypeScript is over 140 columns",
    rule: rules.narrowLines,
    path: "native/tun.c",
    text: `\n${"x".repeat(141)}\n`,
    complaint: "native/tun.c:2: 141 columns",
  },
  {
    says: "nothing is left to do later",
    rule: rules.finished,
    path: "docs/wire.md",
    text: `${"TO" + "DO"}: write this`,
    complaint: `docs/wire.md:1: ${"TO" + "DO"}`,
  },
  {
    says: "nothing names a folder of somebody's machine",
    rule: rules.atHomeAnywhere,
    path: "docs/wire.md",
    text: `see /${"home"}/ada/notes`,
    complaint: `docs/wire.md:1: /${"home"}/ada/`,
  },
  {
    says: "files are named after what they hold",
    rule: rules.tellingNames,
    path: "src/string-utils.ts",
    text: "",
    complaint: "src/string-utils.ts: name it after what it holds",
  },
  {
    says: "one imports from the file that defines the thing",
    rule: rules.noBarrels,
    path: "src/program/program.ts",
    text: 'export { check } from "./1-check/check.ts";',
    complaint: "src/program/program.ts:1: re-export",
  },
  {
    says: "index.ts is native's alone",
    rule: rules.noBarrels,
    path: "grammar/index.ts",
    text: "",
    complaint: "grammar/index.ts: index file",
  },
  {
    says: "the grammar needs chevrotain and nothing else",
    rule: rules.ownPackages,
    path: "grammar/parser.ts",
    text: 'import {\n  readFileSync,\n} from "node:fs";\nimport { EmbeddedActionsParser } from "chevrotain";',
    complaint: "grammar/parser.ts: imports node:fs",
  },
  {
    says: "a phase imports lower numbers only",
    rule: rules.phasesInOrder,
    path: "src/2-rewrite/localise.ts",
    text: 'import type { Graph } from "../3-plan/graph.ts";\nimport { check } from "../1-check/check.ts";',
    complaint: "src/2-rewrite/localise.ts: imports ../3-plan/graph.ts",
  },
  {
    says: "what all phases share imports no phase",
    rule: rules.phasesInOrder,
    path: "src/program/visit.ts",
    text: 'import type { Plan } from "../../runtime/plan/plan.ts";\nimport type { Module } from "../0-load/load.ts";',
    complaint: "src/program/visit.ts: imports ../0-load/load.ts",
  },
  {
    says: "time and chance come from the world a node is handed",
    rule: rules.handedWorld,
    path: "runtime/engine/timers.ts",
    text: "// Date.now would be wrong here\nconst now = Date.now();",
    complaint: "runtime/engine/timers.ts:2: Date.now",
  },
  {
    says: "an element's spec has the name of its file",
    rule: rules.namedElements,
    path: "runtime/elements/loc-spec-demux.ts",
    text: 'export const spec: ElementSpec = {\n  name: "Demux",\n};',
    complaint: "runtime/elements/loc-spec-demux.ts: its spec is named Demux",
  },
  {
    says: "an element's file exports its spec",
    rule: rules.namedElements,
    path: "runtime/elements/mux.ts",
    text: "export function mux(): void {}",
    complaint: "runtime/elements/mux.ts: exports no spec with a name",
  },
  {
    says: "an element has a manual with signature, synopsis, Ports, Drops, Reads, Built and See",
    rule: rules.documentedElements,
    path: "runtime/elements/loc-spec-demux.ts",
    text: MANUAL,
    complaint: "runtime/elements/loc-spec-demux.ts: manual without Reads",
  },
  {
    says: "an element's manual begins with its name",
    rule: rules.documentedElements,
    path: "runtime/elements/mux.ts",
    text: MANUAL,
    complaint: "runtime/elements/mux.ts: no manual that begins with Mux(...)",
  },
  {
    says: "an element is created in the file that its manual names",
    rule: rules.createdElements,
    path: "runtime/elements/loc-spec-demux.ts",
    text: MANUAL.replace("by the planner", "by runtime/node/dataflow.ts, one per node"),
    complaint: "runtime/elements/loc-spec-demux.ts: runtime/node/dataflow.ts does not create it",
  },
  {
    says: "every element has a test",
    rule: rules.testedElements,
    path: "runtime/elements/round-robin.ts",
    text: "",
    complaint: "runtime/elements/round-robin.ts: no test mentions it",
  },
  {
    says: "every program has a header",
    rule: rules.documentedPrograms,
    path: "programs/ron.mzl",
    text: "overlay ron.",
    complaint: "programs/ron.mzl: no header comment",
  },
  {
    says: "every program has a test",
    rule: rules.testedPrograms,
    path: "programs/ron.mzl",
    text: "",
    complaint: "programs/ron.mzl: no test mentions it",
  },
];

describe("the house rules", () => {
  const files = writtenFiles();

  test.each(CASES)("$says", ({ rule, path, text, complaint }) => {
    expect(rule([{ path, text }])).toEqual([complaint]);
    expect(rule(files)).toEqual([]);
  });
});
