import { readFileSync } from "node:fs";
import { MESSAGES } from "../../../grammar/messages.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** What a diagnostic's code means, with a program that provokes it and the same put right: `docs/errors/CODE.md`. */
export function codePage(code: string): string {
  const known = code.toUpperCase();
  if (!Object.hasOwn(MESSAGES, known)) {
    throw wrongUsage("--code", `no diagnostic has the code \`${code}\`; one is as E0215 or W0102`);
  }
  return readFileSync(new URL(`../../../docs/errors/${known}.md`, import.meta.url), "utf8").trimEnd();
}
