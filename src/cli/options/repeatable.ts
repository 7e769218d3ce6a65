import { Option } from "commander";

/** An option that may be given several times. */
export function collecting(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([], "none")
    .argParser((value: string, before: readonly string[]) => [...before, value]);
}
