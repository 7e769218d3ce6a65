import { describe, expect, test } from "vitest";
import { type ExplainOptions, explainFiles } from "../../src/cli/explain.ts";
import { Failure } from "../../src/cli/failure.ts";
import { expectGolden } from "../golden.ts";

/** What the command prints as its result; names of files are as seen from the repository's root. */
function explained(file: string, options: Partial<ExplainOptions> = {}): string {
  const lines: string[] = [];
  const all = { defines: new Map(), rule: undefined, form: "text", ...options } as const;
  explainFiles([file], all, { hasColour: false, result: (line) => void lines.push(line), problem: () => undefined });
  return `${lines.join("\n")}\n`;
}

describe("the dataflow of the shipped programs", () => {
  test.each([
    { file: "programs/ron.mzl", form: "text", golden: "ron.txt" },
    { file: "programs/ron.mzl", form: "mermaid", golden: "ron.mmd" },
    { file: "programs/tunnel.mzl", form: "text", golden: "tunnel.txt" },
    { file: "programs/tunnel.mzl", form: "mermaid", golden: "tunnel.mmd" },
    { file: "programs/tunnel.mzl", form: "dot", golden: "tunnel.dot" },
  ] as const)("$file as $form", ({ file, form, golden }) => {
    expectGolden(new URL(`golden/${golden}`, import.meta.url), explained(file, { form }));
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
