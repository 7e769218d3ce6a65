import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { registerFunction, registerStage } from "../../runtime/plan/functions/registry.ts";
import { runFailed, wrongUsage } from "./failure.ts";

/** What the default export of a plugin is called with. Both throw when the name is taken, or none a program could write. */
export interface Registry {
  readonly registerFunction: (...definition: Parameters<typeof registerFunction>) => void;
  readonly registerStage: (...definition: Parameters<typeof registerStage>) => void;
}

const registry: Registry = {
  registerFunction: (...definition) => {
    if (!registerFunction(...definition)) throw runFailed(`the function ${definition[0]} is there already, or no name`);
  },
  registerStage: (...definition) => {
    if (!registerStage(...definition)) throw runFailed(`the stage ${definition[0]} is there already, or no name`);
  },
};

/** Runs a module of the user's, in JavaScript or TypeScript whose types can be stripped. It is trusted as this program is. */
export async function loadPlugin(file: string): Promise<void> {
  const loaded = await imported(file);
  if (typeof loaded.default !== "function") {
    throw runFailed(`--plugin ${file}: its default export is no function of the registry`);
  }
  try {
    await (loaded.default as (registry: Registry) => unknown)(registry);
  } catch (error: unknown) {
    throw runFailed(`--plugin ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function imported(file: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as { readonly default?: unknown };
  } catch (error: unknown) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_MODULE_NOT_FOUND") throw wrongUsage("--plugin", `cannot load ${file}: ${message}`);
    throw runFailed(`--plugin ${file}: ${message}`);
  }
}
