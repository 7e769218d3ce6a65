import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { System, type SystemSettings } from "../../lab/explorer/system.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

/** Folder of the programs of these tests. */
export const FOLDER: string = fileURLToPath(new URL(".", import.meta.url));

const ADDRESSES: readonly string[] = ["10.0.0.1:10000", "10.0.0.2:10000", "10.0.0.3:10000"];

/** Returns a started system of three nodes that run a program of this folder, or of another one. */
export function systemOf(file: string, settings: Partial<SystemSettings>): System {
  const options = { defines: new Map(), dialect: undefined, takesRequests: true };
  const { plan, diagnostics } = compile([resolve(FOLDER, file)], new FileLibrary(), options);
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const system = new System({
    program: loadProgram(plan),
    addresses: ADDRESSES,
    factsOf: () => [],
    budgets: { crashes: 0, restarts: 0, joins: 0, ticks: Infinity, loss: 0, duplicates: 0 },
    isFifo: false,
    isPerfect: false,
    isExact: false,
    seed: 1,
    watched: new Set(),
    observer: { changed: () => {}, checkpoint: () => () => {} },
    ...settings,
  });
  system.start();
  return system;
}
