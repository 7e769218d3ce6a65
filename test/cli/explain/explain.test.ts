import { describe, expect, test } from "vitest";
import { type ExplainOptions, explainFiles } from "../../../src/cli/explain/explain-files.ts";
import { Failure } from "../../../src/cli/terminal/failure.ts";
import { golden } from "../../golden.ts";

/** Output of the command, with file names relative to the root of the repository. */
function explained(file: string, options: Partial<ExplainOptions> = {}): string {
  const lines: string[] = [];
  const all = { defines: new Map(), dialect: undefined, rule: undefined, form: "text", ...options } as const;
  const print = (line: string): void => void lines.push(line);
  explainFiles([file], all, { hasColour: false, result: print, data: print, problem: () => undefined });
  return `${lines.join("\n")}\n`;
}

describe("the dataflow of the shipped programs", () => {
  test.each([
    { file: "programs/ron.mzl", form: "text", name: "ron.txt" },
    { file: "programs/ron.mzl", form: "mermaid", name: "ron.mmd" },
    { file: "programs/ron.mzl", form: "ndlog", name: "ron.ndlog" },
    { file: "programs/ron.mzl", form: "svg", name: "../../../../docs/ron.svg" },
    { file: "programs/tunnel.mzl", form: "text", name: "tunnel.txt" },
    { file: "programs/tunnel.mzl", form: "mermaid", name: "tunnel.mmd" },
    { file: "programs/tunnel.mzl", form: "dot", name: "tunnel.dot" },
  ] as const)("$file as $form", ({ file, form, name }) => {
    const text = explained(file, { form });
    expect(text).toBe(golden(new URL(`golden/${name}`, import.meta.url), text));
  });
});

describe("one rule", () => {
  test("is found by its qualified name, or without the overlay if that is unambiguous", () => {
    expect(explained("programs/ron.mzl", { rule: "ron.rcv" })).toBe(explained("programs/ron.mzl", { rule: "rcv" }));
  });

  test("is shown without other strands but with all elements", () => {
    const text = explained("programs/ron.mzl", { rule: "rcv" });
    expect(text.match(/^rule \S+/gm)).toEqual(["rule ron.rcv"]);
    expect(text).toMatch(/ReceiveDemux\n.*Tables\n.*ron\.send +→ ron\.rcv\n.*tun/);
  });

  test("that does not exist is a usage error", () => {
    expect(() => explained("programs/ron.mzl", { rule: "ron.rvc" })).toThrow(
      new Failure(2, "--rule: there is no rule `ron.rvc`; did you mean ron.rcv?"),
    );
  });
});

describe("the functions", () => {
  test("of a program are all the code that a node runs", () => {
    const code = explained("programs/tunnel.mzl", { form: "js" });
    expect(code).toMatch(/^"use strict";\nconst \{ .* \} = lib;\n/);
    expect(code).toContain("// p2p_tun  programs/tunnel.mzl:11\n// On event tun(Packet, _, Dest, _, _, _)");
    expect(code).toMatch(/\nreturn \[s0_p2p_tun\];\n$/);
  });

  test("of one rule are those of its strands", () => {
    const code = explained("programs/ron.mzl", { form: "js", rule: "p4" });
    expect(code.match(/^function \w+/gm)).toEqual([
      "function s13_ron_p4",
      "function s14_ron_p4",
      "function s15_ron_p4",
    ]);
    expect(code.match(/^}$/gm)).toHaveLength(3);
  });
});
