import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { csvRecords } from "../../../src/cli/files/csv-records.ts";
import { factFileColumns } from "../../../src/cli/files/fact-files.ts";
import { FileLibrary } from "../../../src/cli/files/file-library.ts";
import { loadFacts } from "../../../src/cli/files/load-facts.ts";
import { compile } from "../../../src/compile.ts";

test("facts that cannot be read are counted as files or rows", () => {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-facts-"));
  try {
    const library = new FileLibrary();
    const tables = ["a", "b", "c"].map((name) => `materialize(${name}, infinity, infinity, keys(1)).`);
    library.addText("p.mzl", `${tables.join("\n")}\na(1). b(1). c(1).`);
    const { plan } = compile(["p.mzl"], library, { defines: new Map(), dialect: undefined });
    if (plan === undefined) throw new Error("the program has errors");
    const output = { hasColour: false, result: () => undefined, data: () => undefined, problem: () => undefined };
    const load = (): unknown => loadFacts([folder], plan, output);
    mkdirSync(join(folder, "a.facts"));
    expect(load).toThrow(`1 file in ${folder} cannot be read`);
    writeFileSync(join(folder, "b.csv"), Buffer.from([0x31, 0xff]));
    expect(load).toThrow(`2 files in ${folder} cannot be read`);
    writeFileSync(join(folder, "c.facts"), "1\t2\n");
    expect(load).toThrow(`2 files and 1 row in ${folder} cannot be read`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a line of 300,000 columns is read in linear time, and a named pipe is no file of facts", () => {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-facts-"));
  try {
    spawnSync("mkfifo", [join(folder, "pipe.facts")]);
    expect([...factFileColumns([folder])]).toEqual([["pipe", 0]]);
    const start = performance.now();
    const [record] = [...csvRecords("1,".repeat(300_000))];
    expect(record?.ok === true && record.fields.length).toBe(300_001);
    expect(performance.now() - start).toBeLessThan(1_000);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
