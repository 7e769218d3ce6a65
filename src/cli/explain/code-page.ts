import { readFileSync } from "node:fs";
import { nearest } from "../../1-check/nearest.ts";
import { MESSAGES } from "../../../grammar/messages.ts";
import { wrongUsage } from "../failure.ts";

/** What a diagnostic's code means, with a program that provokes it and the same put right: `docs/errors/CODE.md`. */
export function codePage(code: string): string {
  const known = code.toUpperCase();
  if (!Object.hasOwn(MESSAGES, known)) {
    const near = nearest(known, Object.keys(MESSAGES));
    throw wrongUsage("--code", `there is no code \`${code}\`${near === undefined ? "" : `; did you mean ${near}?`}`);
  }
  return readFileSync(new URL(`../../../docs/errors/${known}.md`, import.meta.url), "utf8").trimEnd();
}
