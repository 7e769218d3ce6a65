import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MESSAGES } from "../../../grammar/messages.ts";
import { TEXT_LIMITS } from "../../../grammar/text-limits.ts";
import { elementSpecs } from "../../../runtime/elements/element-specs.ts";
import { ACTION_NAMES } from "./action-names.ts";
import type { ValueDescription } from "./command-tree.ts";

/** Words that a shell offers for an argument or the value of an option. */
export interface CompletedWords {
  readonly words: readonly string[];
  /** Shell command that prints more words when TAB is pressed; undefined if there are none. */
  readonly command: string | undefined;
  /** Whether names of files are offered, too. */
  readonly files: boolean;
}

const NODES = "mosaic ps --names 2>/dev/null";
const USERS = "getent passwd | cut -d: -f1";
const FILES: CompletedWords = { words: [], command: undefined, files: true };
/** Names of values that are files or folders, as `--help` shows them. */
const FILE_VALUES = /file|folder|path|dir/;

/** Returns the words for the argument of this name, as `--help` shows it: `node`, `files`. */
export function completedArgument(name: string, choices: readonly string[] = []): CompletedWords {
  if (choices.length > 0) return only(choices);
  switch (name) {
    case "node":
      return { words: [], command: NODES, files: true };
    case "files":
      return { words: shippedPrograms(), command: undefined, files: true };
    case "topology":
      return { words: ["exec"], command: undefined, files: true };
    case "action":
      return only(ACTION_NAMES);
    default:
      return FILES;
  }
}

/** Returns the words for the value of an option with these names. After a word that ends with `=` the user types more. */
export function completedValue(names: readonly string[], value: ValueDescription): CompletedWords {
  if (value.choices.length > 0) return only(value.choices);
  switch ((names.at(-1) ?? "").replace(/^-+/, "")) {
    case "code":
      return only(Object.keys(MESSAGES));
    case "element":
      return only([...elementSpecs.keys()]);
    case "dscp":
      return only(["copy"]);
    case "send-rate":
      return only(["infinity"]);
    case "limit":
      return only(Object.keys(TEXT_LIMITS).map((name) => `${name}=`));
    case "trace":
      return only(["all"]);
    case "user":
      return { words: [], command: USERS, files: false };
    default:
      return FILE_VALUES.test(value.name) ? FILES : only([]);
  }
}

function only(words: readonly string[]): CompletedWords {
  return { words, command: undefined, files: false };
}

function shippedPrograms(): readonly string[] {
  const folder = fileURLToPath(new URL("../../../programs/", import.meta.url));
  return readdirSync(folder).filter((file) => file.endsWith(".mzl"));
}
