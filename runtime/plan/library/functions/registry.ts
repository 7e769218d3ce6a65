import { typeBit } from "../../values/column-type.ts";
import { foreignLists, foreignValue } from "../../values/foreign-value.ts";
import type { Ambient, FunctionSpec } from "../../contract/function-spec.ts";
import { type Kind, kindOf, type Value } from "../../values/value.ts";
import { addressFunctions } from "./addresses.ts";
import { byteFunctions } from "./bytes.ts";
import { checksumFunctions } from "./checksums.ts";
import { cipherFunctions } from "./ciphers.ts";
import { codeFunctions } from "./codes.ts";
import { hashFunctions } from "./hashes.ts";
import { listFunctions } from "./lists.ts";
import { numberFunctions } from "./numbers.ts";
import { overlogListFunctions } from "./overlog-lists.ts";
import { packingFunctions } from "./packing.ts";
import { randomFunctions } from "./random.ts";
import { rowOfStage, stageFunction, type Stage, stageFunctions, stageKey, stageOf } from "./stages.ts";
import { stringFunctions } from "./strings.ts";
import { trainFunctions } from "./trains.ts";

/** Declaration of a plug-in function: the kind of each argument, the kind of its result, and its purity. */
export interface Signature {
  readonly args: readonly (Kind | "any")[];
  readonly result: Kind | "any";
  /** Whether the same arguments always give the same value. The compiler may then compute it once. */
  readonly pure: boolean;
}

/**
 * Plug-in function. Its arguments have the declared kinds. The call fails if the function returns `undefined` or NaN, or throws. Ids that
 * it returns are reduced modulo 2^160.
 */
export type PluginFunction = (args: readonly Value[], ambient: Ambient) => Value | undefined;

/** Prefix of the names of OverLog's variants of functions. No program can call a name with a colon. */
const OVERLOG_PREFIX = "overlog:";

/** Built-in functions that a plug-in may replace, once: releases of P2 and RapidNet differ in their results. */
const replaceable = new Set(["f_timeDuration", "f_diffTime"]);

const FUNCTION_NAME = /^[a-z][A-Za-z0-9_]*$/;

const mozlogFunctions: readonly FunctionSpec[] = [
  ...numberFunctions,
  ...listFunctions,
  ...stringFunctions,
  ...byteFunctions,
  ...packingFunctions,
  ...checksumFunctions,
  ...codeFunctions,
  ...cipherFunctions,
  ...addressFunctions,
  ...hashFunctions,
  ...randomFunctions,
  ...trainFunctions,
  ...stageFunctions,
  rowOfStage,
];

const registry = new Map<string, FunctionSpec>(mozlogFunctions.map((spec) => [spec.name, spec]));
for (const spec of overlogListFunctions(mozlogFunctions)) {
  const name = `${OVERLOG_PREFIX}${spec.name}`;
  registry.set(name, { ...spec, name });
}

/** Functions that come with Mosaic. */
const builtIn: ReadonlySet<FunctionSpec> = new Set(registry.values());

/** Whether the function comes with Mosaic: a plug-in has neither added nor replaced it. */
export function isBuiltIn(spec: FunctionSpec): boolean {
  return builtIn.has(spec);
}

/**
 * Returns the function with a name. With `isOverlog`, returns the OverLog variant of the function if it has one. Emitted code calls the
 * function by its field `name`.
 */
export function functionNamed(name: string, isOverlog = false): FunctionSpec | undefined {
  return (isOverlog ? registry.get(`${OVERLOG_PREFIX}${name}`) : undefined) ?? registry.get(name);
}

/** Returns the names of all functions that a program can call. */
export function functionNames(): readonly string[] {
  return [...registry.keys()].filter((name) => FUNCTION_NAME.test(name));
}

/** Returns the function behind OverLog's `stage("Name", ..)`. */
export function stageNamed(name: string): FunctionSpec | undefined {
  return registry.get(stageKey(name));
}

export function stageNames(): readonly string[] {
  return [...registry.keys()].flatMap((key) => stageOf(key) ?? []);
}

/** Callback for each failed call of plug-in code, with the reason. */
export type ReportFault = (reason: string) => void;

/** Adds a stage for all programs that are compiled from now on. Returns false if the name is taken or empty. */
export function registerStage(name: string, stage: Stage, fault: ReportFault = ignored): boolean {
  if (name === "" || stageNamed(name) !== undefined) return false;
  const spec = stageFunction(name, (row) => callForeign(() => stage(row), foreignLists, "list of rows", fault));
  registry.set(spec.name, spec);
  return true;
}

/**
 * Adds a function for all programs that are compiled from now on, or replaces one of `replaceable`. Returns false if the name is taken,
 * or if a program could not write the name.
 */
export function registerFunction(
  name: string,
  signature: Signature,
  fn: PluginFunction,
  fault: ReportFault = ignored,
): boolean {
  if (!FUNCTION_NAME.test(name) || (registry.has(name) && !replaceable.delete(name))) return false;
  const { args, result, pure } = signature;
  const read = (value: unknown): Value | undefined => ofKind(foreignValue(value), result);
  registry.set(name, {
    name,
    minArgs: args.length,
    maxArgs: args.length,
    result: result === "any" ? 0 : typeBit(result),
    pure,
    call: (ambient, values) =>
      haveKinds(values, args)
        ? callForeign(() => fn(values, ambient), read, result === "any" ? "value" : result, fault)
        : undefined,
  });
  return true;
}

function haveKinds(values: readonly Value[], kinds: readonly (Kind | "any")[]): boolean {
  return values.every((value, at) => kinds[at] === "any" || kinds[at] === kindOf(value));
}

/** Calls plug-in code. An exception, or a result that is not a value, makes the call fail; the node continues. */
function callForeign<T>(
  call: () => unknown,
  read: (value: unknown) => T | undefined,
  wanted: string,
  fault: ReportFault,
): T | undefined {
  try {
    const value = call();
    if (value === undefined) return undefined;
    const found = read(value);
    if (found === undefined) fault(`its result is no ${wanted}`);
    return found;
  } catch (error: unknown) {
    fault(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function ofKind(value: Value | undefined, kind: Kind | "any"): Value | undefined {
  return value === undefined || kind === "any" || kindOf(value) === kind ? value : undefined;
}

function ignored(): void {}
