import type { Argument, Constant } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { nearest } from "../program/nearest.ts";
import type { ProgramFact } from "../program/program.ts";
import { isTypeName, typeNames } from "../program/type-name.ts";

/** Names of types in other languages. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ["integer", "number"],
  ["double", "number"],
  ["num", "number"],
  ["real", "number"],
  ["boolean", "bool"],
  ["str", "string"],
  ["text", "string"],
  ["array", "list"],
  ["adr", "addr"],
]);

/**
 * Warns of facts that are probably signatures with a misspelt type: each argument is a word, and each word is a type, or nearly one. One
 * foreign name alone, as in `kind(text)`, may be a value.
 */
export function checkTypeWords({ atom, span }: ProgramFact): readonly Diagnostic[] {
  const words = atom.args.filter(isWord);
  if (words.length === 0 || words.length < atom.args.length || atom.location !== undefined) return [];
  const types = words.map(({ text }) => (isTypeName(text) ? text : misspelt(text)));
  const meant = types.map((type, at) => type ?? FOREIGN.get(words[at]?.text ?? ""));
  const isMeant = meant.every((type) => type !== undefined) && (words.length > 1 || types[0] !== undefined);
  if (!isMeant) return [];
  const wrong = words.filter(({ text }) => !isTypeName(text));
  if (wrong.length === 0) return [];
  const facts = { words: wrong.map(({ text }) => text), signature: `${atom.name.text}(${meant.join(", ")}).` };
  return [report("W0243", wrong.length === 1 ? wrong[0]?.span : span, facts)];
}

function isWord(argument: Argument): argument is Constant {
  return argument.kind === "constant" && typeof argument.value === "string" && argument.text === argument.value;
}

/** Returns the type that the word misspells. A short word that differs by a letter, such as `tool` from `bool`, counts as correct. */
function misspelt(word: string): string | undefined {
  const type = nearest(word, typeNames());
  if (type === undefined || type.length > 4 || word.length !== type.length) return type;
  return sorted(word) === sorted(type) ? type : undefined;
}

function sorted(word: string): string {
  return word.split("").toSorted().join("");
}
