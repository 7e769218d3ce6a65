import { wrongUsage } from "../terminal/failure.ts";

const MEBIBYTE = 2 ** 20;

/** Returns the bytes of `--memory MIB`. */
export function parseMemory(text: string): number {
  const mebibytes = Number(text);
  if (Number.isInteger(mebibytes) && mebibytes > 0) return mebibytes * MEBIBYTE;
  throw wrongUsage("--memory", `\`${text}\` is not a number of MiB`);
}
