import { readFileSync } from "node:fs";
import { MESSAGES } from "../../../grammar/messages.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Returns the page of a diagnostic, `docs/errors/CODE.md`: its meaning, a program that causes it, and the program without the error. */
export function codePage(code: string): string {
  const upperCode = code.toUpperCase();
  if (!Object.hasOwn(MESSAGES, upperCode)) {
    throw wrongUsage("--code", `no diagnostic has the code \`${code}\`; codes look like E0215 or W0102`);
  }
  return readFileSync(new URL(`../../../docs/errors/${upperCode}.md`, import.meta.url), "utf8").trimEnd();
}
