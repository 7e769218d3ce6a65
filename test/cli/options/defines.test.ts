import { expect, test } from "vitest";
import { FileLibrary } from "../../../src/cli/files/file-library.ts";
import { compile } from "../../../src/compile.ts";

test("an error in the value of -D names the macro", () => {
  const library = new FileLibrary();
  library.addText("p.mzl", "materialize(t, infinity, infinity, keys(1)).\nt(M).");
  const { diagnostics } = compile(["p.mzl"], library, { defines: new Map([["M", '"x']]), dialect: undefined });
  expect(diagnostics.find(({ code }) => code === "E0102")).toMatchObject({
    message: "-D M: this string is not closed on its line",
  });
});
