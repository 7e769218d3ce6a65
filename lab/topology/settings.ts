/**
 * Values that the command line gives to keys of a topology file, and to macros of its programs. `readTopology` applies them to the
 * parsed TOML before the schema checks it, so that the schema finds wrong keys and values.
 */
import { countOf } from "../../runtime/plan/values/count-of.ts";

/** Value for a key of a topology file or for a macro. */
export interface Setting {
  /** `duration`, `links[1].delay` (as in messages, counted from 1), or the name of a macro. */
  readonly name: string;
  /** As written: a number, `true`, `false`, or text. */
  readonly text: string;
}

export type AppliedSettings =
  | { readonly ok: true; readonly value: unknown; readonly macros: readonly string[] }
  | { readonly ok: false; readonly setting: Setting; readonly message: string };

type Table = Record<string, unknown>;
type Key = string | number;

/** Keys of the document that a setting may give. All other names without `.` and `[` are macros. */
const DOCUMENT_KEYS: ReadonlySet<string> = new Set(["title", "duration", "hosts", "tun", "programs", "peers", "seed"]);
const MACRO = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/**
 * Applies settings to the value of a TOML text, later ones over earlier ones. `macros` in the result are the names of settings that define
 * macros.
 */
export function applySettings(document: unknown, settings: readonly Setting[]): AppliedSettings {
  const value = structuredClone(document);
  const macros: string[] = [];
  for (const setting of settings) {
    if (!isTable(value)) break;
    const path = pathOf(setting.name);
    if (path === undefined && !MACRO.test(setting.name))
      return { ok: false, setting, message: "expected a key as `links[1].delay`, or the name of a macro" };
    if (path === undefined) {
      define(value, setting);
      macros.push(setting.name);
      continue;
    }
    const message = put(value, path, valueOf(setting.text));
    if (message !== undefined) return { ok: false, setting, message };
  }
  return { ok: true, value, macros };
}

/** Returns the path of a setting in the document. Undefined if the name is that of a macro, or is invalid. */
export function pathOf(name: string): readonly Key[] | undefined {
  if (DOCUMENT_KEYS.has(name)) return [name];
  if (!/^[a-z][\w-]*(?:\[\d+\]|\.[\w-]+)+$/.test(name)) return undefined;
  return [...name.matchAll(/[\w-]+|\[(\d+)\]/g)].map(([key, index]) => (index === undefined ? key : Number(index) - 1));
}

/** Defines a macro for all hosts. The value replaces the definitions of single hosts. */
function define(document: Table, { name, text }: Setting): void {
  const { defines, hosts } = document;
  document["defines"] = { ...(isTable(defines) ? defines : {}), [name]: text };
  for (const host of isTable(hosts) ? Object.values(hosts) : []) {
    if (isTable(host) && isTable(host["defines"]) && name in host["defines"]) host["defines"][name] = text;
  }
}

/** Sets the value at a path. Returns the reason if the path leads nowhere. */
function put(document: Table, path: readonly Key[], value: unknown): string | undefined {
  let at: unknown = document;
  for (const [depth, key] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (Array.isArray(at) && typeof key === "number") {
      if (!(key in at))
        return `${String(path[depth - 1])} has ${countOf(at.length, "entry", "entries")}, counted from 1`;
      if (isLast) at[key] = value;
      else at = at[key];
    } else if (isTable(at) && typeof key === "string") {
      if (isLast) at[key] = value;
      else if (Object.hasOwn(at, key)) at = at[key];
      else return `the file has no ${path.slice(0, depth + 1).join(".")}`;
    } else {
      return `the file has no key of this path`;
    }
  }
  return undefined;
}

/** Reads a value as TOML does: numbers and booleans; all else is text, with or without quotes. */
function valueOf(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (NUMBER.test(text)) return Number(text);
  return /^".*"$/.test(text) ? text.slice(1, -1) : text;
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
