import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { LineMap } from "../../src/program/line-map.ts";
import { testCases } from "../cases.ts";

/** Returns all diagnostics of a program, with the line and column where their spans begin. */
function diagnose(text: string): string {
  const library = new FileLibrary();
  library.addText("case.mzl", text);
  const { diagnostics, sources } = compile(["case.mzl"], library, { defines: new Map(), dialect: undefined });
  const lines = new LineMap(sources);
  return diagnostics
    .map(({ code, span, message, help }) => {
      const { line, column } = span === undefined ? { line: 0, column: 0 } : lines.position(span);
      return `${line}:${column} ${code} ${message}${help === undefined ? "" : `\n  help: ${help}`}`;
    })
    .join("\n");
}

testCases(new URL("diagnostics.txt", import.meta.url), diagnose);
