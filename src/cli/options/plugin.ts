import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type PluginFunction,
  type ReportFault,
  registerFunction,
  registerStage,
  type Signature,
} from "../../../runtime/plan/library/functions/registry.ts";
import type { Stage } from "../../../runtime/plan/library/functions/stages.ts";
import { kinds } from "../../../runtime/plan/values/value.ts";
import { fileErrorReason } from "../terminal/file-error.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import { processOutput } from "../terminal/output.ts";

/** Argument of the default export of a plugin. Both functions throw if the name is taken or cannot be written in a program. */
export interface Registry {
  readonly registerFunction: (name: string, signature: Signature, fn: PluginFunction) => void;
  readonly registerStage: (name: string, stage: Stage) => void;
}

function registryFor(file: string): Registry {
  return {
    registerFunction: (name, signature, fn) => {
      const problem = signatureProblem(signature, fn);
      if (problem !== undefined) throw runFailed(`${name}: ${problem}`);
      if (!registerFunction(name, signature, fn, reportFirstFault(file, name)))
        throw runFailed(`the function ${name} exists already, or its name is invalid`);
    },
    registerStage: (name, stage) => {
      if (typeof stage !== "function") throw runFailed(`${name}: the second argument must be a function`);
      if (!registerStage(name, stage, reportFirstFault(file, name)))
        throw runFailed(`the stage ${name} exists already, or its name is invalid`);
    },
  };
}

/** Returns the problem with a signature, if any. Plugins in JavaScript have no type checker. */
function signatureProblem(signature: unknown, fn: unknown): string | undefined {
  const { args, result, pure } = (signature ?? {}) as Readonly<Record<keyof Signature, unknown>>;
  if (!Array.isArray(args) || result === undefined || typeof pure !== "boolean" || typeof fn !== "function")
    return "the arguments after the name must be { args: [..], result: .., pure: .. } and a function";
  const named: readonly unknown[] = [...(args as readonly unknown[]), result];
  const kindNames: readonly unknown[] = [...kinds, "any"];
  const unknown = named.find((kind) => !kindNames.includes(kind));
  return unknown === undefined
    ? undefined
    : `${JSON.stringify(unknown)} is not one of the kinds ${kindNames.join(", ")}`;
}

/** Logs the first fault of a function. The node counts all of them, by rule. */
function reportFirstFault(file: string, name: string): ReportFault {
  let isReported = false;
  return (reason) => {
    if (!isReported) processOutput.log.warn(`--plugin ${file}: ${name}: ${reason}`);
    isReported = true;
  };
}

/** Loads and runs a module in JavaScript, or in TypeScript with erasable types. It runs with all rights of this process. */
export async function loadPlugin(file: string): Promise<void> {
  const loaded = await imported(file);
  if (typeof loaded.default !== "function") {
    throw runFailed(`--plugin ${file}: its default export is not a function that takes the registry`);
  }
  try {
    await (loaded.default as (registry: Registry) => unknown)(registryFor(file));
  } catch (error: unknown) {
    throw runFailed(`--plugin ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function imported(file: string): Promise<{ readonly default?: unknown }> {
  const problem = readProblem(file);
  if (problem !== undefined) throw wrongUsage("--plugin", `cannot load ${file}: ${problem}`);
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as { readonly default?: unknown };
  } catch (error: unknown) {
    throw runFailed(`--plugin ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readProblem(file: string): string | undefined {
  try {
    readFileSync(file);
    return undefined;
  } catch (error: unknown) {
    return fileErrorReason(error);
  }
}
