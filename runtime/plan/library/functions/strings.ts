import type { FunctionSpec } from "../../contract/function-spec.ts";
import { ownedPart } from "../../values/owned-text.ts";
import { charactersIn, hasWideCharacters, SIZE_MAX } from "../../values/size.ts";
import type { Maybe } from "../../values/value.ts";
import { define } from "./define.ts";
import { matchesPattern } from "./pattern.ts";
import { indexOf, splitBy } from "./search.ts";

/** Functions of strings. Positions and lengths count Unicode code points, from 0. The functions fail for other kinds of values. */
export const stringFunctions: readonly FunctionSpec[] = [
  /** f_strfind(Needle, Haystack): the position of the first occurrence, -1 if there is none. */
  define("f_strfind", 2, ["number"], find),
  /** f_match(Pattern, Text): 1 if the pattern matches the whole text, 0 if not. `*` matches any text, `?` any character. */
  define("f_match", 2, ["number"], match),
  /** f_strReplace(Text, Old, New): the text with every occurrence of Old replaced. Fails if Old is empty. */
  define("f_strReplace", 3, ["string"], replace),
  /** f_substr(Text, Start, Length): the substring, shorter if the text ends before. Without Length, the rest from Start. */
  define("f_substr", [2, 3], ["string"], substring),
  /** f_split(Text, Separator): the list of the parts between separators, or of all characters if the separator is empty. */
  define("f_split", 2, ["list"], split),
  /** f_lower(Text): the text in lower case. */
  define("f_lower", 1, ["string"], (text) => (typeof text === "string" ? text.toLowerCase() : undefined)),
];

function find(needle: Maybe, haystack: Maybe): Maybe {
  if (typeof needle !== "string" || typeof haystack !== "string") return undefined;
  const at = indexOf(haystack, needle);
  return at < 0 ? at : charactersIn(haystack.slice(0, at));
}

function match(pattern: Maybe, text: Maybe): Maybe {
  if (typeof pattern !== "string" || typeof text !== "string") return undefined;
  const matches = matchesPattern(pattern, text);
  return matches === undefined ? undefined : Number(matches);
}

function replace(text: Maybe, old: Maybe, fresh: Maybe): Maybe {
  if (typeof text !== "string" || typeof old !== "string" || typeof fresh !== "string" || old === "") return undefined;
  const kept = splitBy(text, old);
  const size = text.length + (kept.length - 1) * (fresh.length - old.length);
  return size <= SIZE_MAX ? kept.join(fresh) : undefined;
}

function substring(text: Maybe, start: Maybe, length: Maybe = Infinity): Maybe {
  if (typeof text !== "string" || !isPosition(start) || !isPosition(length)) return undefined;
  if (!hasWideCharacters(text)) return ownedPart(text, text.slice(start, start + length));
  return Array.from(text)
    .slice(start, start + length)
    .join("");
}

function isPosition(value: Maybe): value is number {
  return value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 0);
}

function split(text: Maybe, separator: Maybe): Maybe {
  if (typeof text !== "string" || typeof separator !== "string") return undefined;
  return (separator === "" ? Array.from(text) : splitBy(text, separator)).map((part) => ownedPart(text, part));
}
