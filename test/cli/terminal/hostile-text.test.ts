/**
 * Hostile text through every output. The outputs are: `Output.result`, `Output.data`, `Output.problem`, the log as text and as JSON, JSON
 * lines, diagnostics with source excerpts, the screen of `top`, result tables of `query`, lines of `trace` and `--watch`, values as
 * programs write them, metrics labels, captures, the screen of a lab, and errors of the command line.
 */
import { expect, test } from "vitest";
import { Timeline } from "../../../lab/outcome/timeline.ts";
import { writeLine, type Screen } from "../../../lab/outcome/screen.ts";
import type { MetricsSnapshot } from "../../../runtime/observe/metrics-snapshot.ts";
import { Capture } from "../../../runtime/observe/capture.ts";
import { exposition } from "../../../runtime/observe/exposition.ts";
import { formatWatchLine } from "../../../runtime/observe/watch.ts";
import { formatValue } from "../../../runtime/plan/values/format.ts";
import { printable, printableColoured, printableJson, printableLines } from "../../../runtime/plan/values/printable.ts";
import { compile } from "../../../src/compile.ts";
import { metricsScreen } from "../../../src/cli/client/metrics-screen.ts";
import { traceLine } from "../../../src/cli/client/trace-node.ts";
import { jsonText } from "../../../src/cli/terminal/json-text.ts";
import { Log } from "../../../src/cli/terminal/log.ts";
import { showDiagnostics } from "../../../src/cli/terminal/show-diagnostics.ts";
import { textColumns } from "../../../src/cli/terminal/text-columns.ts";
import { mosaic } from "../mosaic.ts";

const HOSTILE: Readonly<Record<string, string>> = {
  "an ESC sequence": "a\u001b[2J\u001b]0;title\u0007b",
  "a line break": "a\nmosaic: forged",
  "a carriage return": "a\rforged",
  "C1 controls": "a\u009b2J\u0085b",
  "bidirectional controls": "a\u202egpj\u2066b\u2069\u200f",
  "line separators": "a\u2028b\u2029c",
  "a NUL": "a\u0000b",
  "a lone surrogate": "a\ud800b\udc00",
  "invisible characters": "a\u200b\ufeff\u{e0041}b",
  "a megabyte": `a\u001b${"x".repeat(1 << 20)}`,
};

/** Characters that no output may show, except for line breaks of its own. */
const RAW =
  /(?!\n)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/u;

function metricsOf(name: string): MetricsSnapshot {
  const nothing = { sentBytes: 0, sentTuples: 0, received: 0, receivedBytes: 0, receivedTuples: 0 };
  return {
    node: name,
    uptime: 90,
    steps: { steps: 1, rounds: 1, stopped: 0, conflicts: 0, evicted: 0, expired: 0, failedAggregates: 0 },
    refused: [{ cause: name, limit: name, rule: name, count: 1 }],
    collisions: [{ virtual: name, kind: "claimed", location: name, other: name, count: 2, age: 1 }],
    memory: { used: 0, limit: null },
    ways: { local: 0, ip: 0, overlay: 0 },
    elements: [{ element: name, label: name, in: 1, out: 1, dropped: { [name]: 3 } }],
    rules: [{ rule: name, file: name, line: 3, firings: 4, derived: 2, failed: 1, limited: 0, seconds: 0.001 }],
    peers: [
      {
        ...nothing,
        address: name,
        sent: 9,
        silence: null,
        awaited: 60,
        payload: 1452,
        refusal: name,
        isListed: null,
      },
    ],
    tables: [{ table: name, rows: 0, limit: null, lifetime: null }],
    queues: [{ queue: name, length: 1, limit: 1, unit: "inputs", dropped: 1 }],
    network: { sent: 1, sentBytes: 1, received: 0, receivedBytes: 0, failed: { [name]: 1 } },
    paths: { asked: 0, answered: 0, answers: 0, stray: 0, changes: 0 },
    tun: null,
    devices: [],
    unknownDevices: {},
    flowCache: null,
    streams: null,
    udp: null,
    links: null,
    eventLoop: null,
  };
}

function logged(format: "text" | "json", text: string): string {
  const lines: string[] = [];
  new Log({ level: "info", format }, (line) => lines.push(line)).warn(text, { text });
  return lines.join("\n\n");
}

function labShowing(text: string): string {
  let written = "";
  const screen: Screen = { isTerminal: false, hasColour: false, write: (more) => (written += more) };
  const topology = { traffic: [], hosts: [] } as unknown as ConstructorParameters<typeof Timeline>[0];
  new Timeline(topology, screen).note(1, text);
  writeLine(screen, printable(text));
  return written;
}

function captureOf(peer: string): string {
  const blocks: Uint8Array[] = [];
  const sink = { length: 0, limit: 0, write: (bytes: Uint8Array) => blocks.push(bytes) > 0 };
  const capture = new Capture(sink, () => 0, "10.0.0.1:1", []);
  capture.datagram({ time: 0, way: "sent", peer, bytes: new Uint8Array() });
  return /to a[ -~…]*/.exec(Buffer.concat(blocks.slice(1)).toString())?.[0] ?? "nothing";
}

function diagnosticsOf(text: string): string {
  const file = `${text.slice(0, 100)}.mzl`;
  const source = `a: b(X, Y) :- c(X), d("${text}").\n`;
  const library = { read: () => ({ file, text: source }) };
  const { diagnostics, sources } = compile([file], library as never, { defines: new Map() } as never);
  return showDiagnostics(diagnostics, sources, false);
}

/** Each output, and the largest number of lines that it may make of one text. */
const OUTPUTS: Readonly<Record<string, { readonly show: (text: string) => string; readonly lines: number }>> = {
  "the text log": { show: (text) => logged("text", text), lines: 1 },
  "the JSON log": { show: (text) => logged("json", text), lines: 1 },
  "a JSON line": { show: (text) => jsonText({ text, [text]: 1 }), lines: 1 },
  "a table of `query`": { show: (text) => textColumns(["name", text.slice(0, 0)], [[text, "1"]]).join("\n"), lines: 2 },
  "the screen of `top`": {
    show: (text) =>
      metricsScreen({ ...metricsOf(text), control: { clients: 0, requests: 0, refused: {} } }, undefined).join("\n"),
    lines: 40,
  },
  "a line of `trace`": {
    show: (text) =>
      traceLine({ t: 1, node: text, kind: "crossing", from: text, to: text, rule: text, tuple: text, loc: text }),
    lines: 1,
  },
  "a line of `--watch`": {
    show: (text) => formatWatchLine({ t: 1, node: text, op: "recv", tuple: ["p", text], loc: text }),
    lines: 1,
  },
  "metrics labels": {
    show: (text) =>
      exposition([{ name: "m", help: "h", type: "gauge", samples: [{ labels: { peer: text }, value: 1 }] }]).trim(),
    lines: 3,
  },
  "a capture": { show: captureOf, lines: 1 },
  "the screen of a lab": { show: (text) => labShowing(text).trim(), lines: 2 },
  "any other line on stdout and stderr": { show: printableLines, lines: 2 },
  "coloured text on stderr": { show: printableColoured, lines: 2 },
};

for (const [output, { show, lines }] of Object.entries(OUTPUTS)) {
  test.each(Object.entries(HOSTILE))(`${output} escapes %s`, (_, text) => {
    const shown = show(text);
    expect(shown).not.toMatch(RAW);
    expect(shown.split("\n").length).toBeLessThanOrEqual(lines);
    expect(shown).toContain("a");
  });
}

test.each(Object.entries(HOSTILE))("JSON with %s keeps its meaning", (_, text) => {
  expect(JSON.parse(jsonText({ text }))).toMatchObject({ text });
  expect(printableJson(JSON.stringify("\u{1f600} ä"))).toBe('"\u{1f600} ä"');
});

test("values of programs escape control characters as the language does", () => {
  expect(formatValue("a\u001b\u009b\u0000\n")).toBe('"a\\x1B\\x9B\\x00\\n"');
});

test("diagnostics escape the source, its name and the message", () => {
  for (const text of ["a\u001b[2Jb", "a\u202eb", "a\u009bb"]) expect(diagnosticsOf(text)).not.toMatch(RAW);
});

test("long names do not fill the screen of `top`, the log or a label", () => {
  const name = "x".repeat(1 << 20);
  for (const output of ["the screen of `top`", "the text log", "metrics labels"]) {
    expect(OUTPUTS[output]?.show(name).length).toBeLessThan(20_000);
  }
});

test("colours of Mosaic stay, and no other sequence", () => {
  expect(printableColoured("\u001b[31mred\u001b[39m \u001b[2J")).toBe("\u001b[31mred\u001b[39m \\x1B[2J");
});

test("emoji and letters of all scripts stay", () => {
  for (const text of ["\u{1f468}\u200d\u{1f469}", "ä ß 中文 العربية", "tab\\t"]) expect(printable(text)).toBe(text);
});

test("the command line is escaped in error messages", async () => {
  for (const args of [
    ["\u001b[2Jx"],
    ["check", "\u001b[2Jx.mzl"],
    ["query", "/tmp/\u001b[2J", "t"],
    ["run", "--\u001b[2J"],
  ]) {
    const { stdout, stderr, code } = await mosaic(...args);
    expect(stdout + stderr).not.toMatch(RAW);
    expect(stderr).toContain("\\x1B");
    expect(code).not.toBe(0);
  }
});
