import { parse, TomlError } from "smol-toml";
import { parseDocument } from "./document-schema.ts";
import { findFaults } from "./find-faults.ts";
import { type KeyPath, KeyPositions, type Position } from "./key-positions.ts";
import { resolveTopology } from "./resolve-topology.ts";
import { applySettings, type Setting } from "./settings.ts";
import type { Topology } from "./topology.ts";
import type { DocumentFault } from "./topology-document.ts";

export interface TopologyError extends Position {
  readonly file: string;
  /** Path of the key, such as `hosts.a.count`. Empty if the text is not TOML. */
  readonly key: string;
  readonly message: string;
}

/** Adds the position in the topology file to a fault. */
export type Locate = (fault: DocumentFault) => TopologyError;

export type TopologyResult =
  | { readonly ok: true; readonly topology: Topology; readonly locate: Locate }
  | { readonly ok: false; readonly errors: readonly TopologyError[] };

/**
 * Parses, checks and resolves a topology file. `file` is its path; programs are first looked up in its folder. `settings` replace values
 * of the file.
 */
export function readTopology(text: string, file: string, settings: readonly Setting[] = []): TopologyResult {
  const parsed = parseToml(text);
  if (!parsed.ok) return { ok: false, errors: [{ ...parsed.error, file }] };
  const applied = applySettings(parsed.value, settings);
  const locate = locator(text, file, settings);
  if (!applied.ok) return { ok: false, errors: [settingError(applied.setting, applied.message, file)] };
  const read = parseDocument(applied.value);
  const faults = read.ok ? findFaults(read.document) : read.faults;
  if (faults.length > 0 || !read.ok) return { ok: false, errors: faults.map(locate) };
  return { ok: true, topology: resolveTopology(read.document, file), locate };
}

/** Formats an error for people: `lab.toml:4:1: hosts.a.count: expected ...`. */
export function formatTopologyError({ file, line, column, key, message }: TopologyError): string {
  return `${file}:${line}:${column}: ${key === "" ? "" : `${key}: `}${message}`;
}

type TomlResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: Omit<TopologyError, "file"> };

function parseToml(text: string): TomlResult {
  try {
    return { ok: true, value: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split("\n")[0] ?? "";
    return { ok: false, error: { line: error.line, column: error.column, key: "", message } };
  }
}

function settingError({ name }: Setting, message: string, file: string): TopologyError {
  return { file, line: 1, column: 1, key: name, message };
}

function locator(text: string, file: string, settings: readonly Setting[]): Locate {
  let positions: KeyPositions | undefined;
  return ({ path, message }) => {
    positions ??= new KeyPositions(text);
    const key = formatPath(path);
    const setting = settings.findLast(({ name }) => key === name || key.startsWith(`${name}.`));
    const origin = setting === undefined ? "" : `; the command line sets it to \`${setting.text}\``;
    return { file, ...positions.find(path), key, message: `${message}${origin}` };
  };
}

function formatPath(path: KeyPath): string {
  return path
    .map((key, at) => (typeof key === "number" ? `[${key + 1}]` : `${at > 0 ? "." : ""}${String(key)}`))
    .join("");
}
