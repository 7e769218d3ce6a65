import { wrongUsage } from "../terminal/failure.ts";

/** Parses the macros of `-D NAME=VALUE` into values by name. The value of `-D NAME` is 1. */
export function parseDefines(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(texts.map(parseDefine));
}

function parseDefine(text: string): [string, string] {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw wrongUsage("-D", `\`${text}\` is not NAME=VALUE`);
  return [name, equals < 0 ? "1" : text.slice(equals + 1)];
}
