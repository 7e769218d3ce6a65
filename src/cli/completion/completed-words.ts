import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MESSAGES } from "../../../grammar/messages.ts";
import { elementSpecs } from "../../../runtime/elements/element-specs.ts";
import { ACTION_NAMES } from "./action-names.ts";

/** Words that a shell offers for an argument or the value of an option. */
export interface CompletedWords {
  readonly words: readonly string[];
  /** Shell command that prints more words when TAB is pressed; undefined if there are none. */
  readonly command: string | undefined;
  /** Whether names of files are offered, too. */
  readonly files: boolean;
}

const NODES = "mosaic ps --names 2>/dev/null";
const FILES: CompletedWords = { words: [], command: undefined, files: true };

/** Returns the words for the argument or option value of this name, as `--help` shows it: `node`, `files`, `code`. */
export function completedWords(name: string, choices: readonly string[] = []): CompletedWords {
  if (choices.length > 0) return { words: choices, command: undefined, files: false };
  switch (name) {
    case "node":
      return { words: [], command: NODES, files: true };
    case "files":
      return { words: shippedPrograms(), command: undefined, files: true };
    case "action":
      return { words: ACTION_NAMES, command: undefined, files: false };
    case "code":
      return { words: Object.keys(MESSAGES), command: undefined, files: false };
    case "element":
      return { words: [...elementSpecs.keys()], command: undefined, files: false };
    case "dscp":
      return { words: ["copy"], command: undefined, files: false };
    case "send-rate":
      return { words: ["infinity"], command: undefined, files: false };
    default:
      return FILES;
  }
}

/** Returns the name of an option without hyphens: `code` for `--code`. */
export function nameOfValue(names: readonly string[]): string {
  return (names.at(-1) ?? "").replace(/^-+/, "");
}

function shippedPrograms(): readonly string[] {
  const folder = fileURLToPath(new URL("../../../programs/", import.meta.url));
  return readdirSync(folder).filter((file) => file.endsWith(".mzl"));
}
