import { describe, expect, test } from "vitest";
import { type ExplainOptions, explainFiles } from "../../src/cli/explain/explain-files.ts";
import { Failure } from "../../src/cli/terminal/failure.ts";
import { golden } from "../golden.ts";

/** What the command prints as its result; names of files are as seen from the repository's root. */
function explained(file: string, options: Partial<ExplainOptions> = {}): string {
  const lines: string[] = [];
  const all = { defines: new Map(), dialect: undefined, rule: undefined, form: "text", ...options } as const;
  explainFiles([file], all, { hasColour: false, result: (line) => void lines.push(line), problem: () => undefined });
  return `${lines.join("\n")}\n`;
}

describe("the dataflow of the shipped programs", () => {
  test.each([
    { file: "programs/ron.mzl", form: "text", name: "ron.txt" },
    { file: "programs/ron.mzl", form: "mermaid", name: "ron.mmd" },
    { file: "programs/ron.mzl", form: "ndlog", name: "ron.ndlog" },
    { file: "programs/ron.mzl", form: "svg", name: "../../../docs/ron.svg" },
    { file: "programs/tunnel.mzl", form: "text", name: "tunnel.txt" },
    { file: "programs/tunnel.mzl", form: "mermaid", name: "tunnel.mmd" },
    { file: "programs/tunnel.mzl", form: "dot", name: "tunnel.dot" },
  ] as const)("$file as $form", ({ file, form, name }) => {
    const text = explained(file, { form });
    expect(text).toBe(golden(new URL(`golden/${name}`, import.meta.url), text));
  });
});

describe("one rule", () => {
  test("by its whole name, or without the overlay where that is enough", () => {
    expect(explained("programs/ron.mzl", { rule: "ron.rcv" })).toBe(explained("programs/ron.mzl", { rule: "rcv" }));
  });

  test("leaves the other strands out, and keeps the elements around it", () => {
    const text = explained("programs/ron.mzl", { rule: "rcv" });
    expect(text.match(/^rule \S+/gm)).toEqual(["rule ron.rcv"]);
    expect(text).toMatch(/ReceiveDemux\n.*Tables\n.*ron\.send +→ ron\.rcv\n.*tun/);
  });

  test("that is none is a mistake of the command line", () => {
    expect(() => explained("programs/ron.mzl", { rule: "ron.rvc" })).toThrow(
      new Failure(2, "--rule: there is no rule `ron.rvc`; did you mean ron.rcv?"),
    );
  });
});

describe("the functions", () => {
  test("of a program are what a node runs: all of the code", () => {
    const code = explained("programs/tunnel.mzl", { form: "js" });
    expect(code).toMatch(/^"use strict";\nconst \{ .* \} = lib;\n/);
    expect(code).toContain("// p2p_tun  programs/tunnel.mzl:11\n// On event tun(Packet, _, Dest, _, _)");
    expect(code).toMatch(/\nreturn \[s0_p2p_tun\];\n$/);
  });

  test("of one rule are its strands', each whole", () => {
    const code = explained("programs/ron.mzl", { form: "js", rule: "p4" });
    expect(code.match(/^function \w+/gm)).toEqual(["function s12_ron_p4", "function s13_ron_p4"]);
    expect(code.match(/^}$/gm)).toHaveLength(2);
  });
});
