import { bashCompletion } from "./bash.ts";
import type { CommandDescription } from "./command-tree.ts";
import { fishCompletion } from "./fish.ts";
import type { Shell } from "./shells.ts";
import { zshCompletion } from "./zsh.ts";

const WRITERS: Readonly<Record<Shell, (root: CommandDescription) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Returns the script that completes all commands and options in a shell. */
export function completionScript(shell: Shell, root: CommandDescription): string {
  return WRITERS[shell](root);
}
