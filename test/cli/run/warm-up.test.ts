import { afterEach, expect, test, vi } from "vitest";
import { loadProgram } from "../../../runtime/node/program.ts";
import { FileLibrary } from "../../../src/cli/files/file-library.ts";
import { type WarmUpOptions, warmUpNode } from "../../../src/cli/run/warm-up.ts";
import { Log } from "../../../src/cli/terminal/log.ts";
import { compile } from "../../../src/compile.ts";

const OPTIONS: WarmUpOptions = { listen: ["127.0.0.1:0"], addresses: [], devices: [], peers: [], hasPlugins: false };

afterEach(() => vi.unstubAllEnvs());

async function linesWith(variable: string | undefined): Promise<readonly string[]> {
  vi.stubEnv("MOSAIC_WARM_UP", variable);
  const library = new FileLibrary();
  library.addText("a", "a: b(X) :- c(X).");
  const { plan } = compile(["a"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error("the program does not compile");
  const lines: string[] = [];
  const log = new Log({ level: "debug", format: "text" }, (line) => lines.push(line));
  await warmUpNode(loadProgram(plan), [], OPTIONS, log);
  return lines;
}

test("MOSAIC_WARM_UP=no switches the warm-up off, and the log says so", async () => {
  expect(await linesWith("no")).toEqual([expect.stringContaining("no warm-up: MOSAIC_WARM_UP is `no`")]);
  expect(await linesWith("yes")).toEqual([]);
  expect(await linesWith(undefined)).toEqual([]);
});
