import { Argument, type Command } from "commander";
import { describeCommand } from "./completion/command-tree.ts";
import { completionScript, type Shell, SHELLS } from "./completion/completion-script.ts";
import { manualPage } from "./completion/manual-page.ts";
import type { Output } from "./terminal/output.ts";
import { VERSION } from "./files/version.ts";

/** `mosaic completion` and `mosaic man`: what `--help` knows, for shells and for man(1). */
export function addManualCommands(mosaic: Command, output: Output): void {
  mosaic
    .command("completion")
    .description("print a script that completes commands and options")
    .addArgument(new Argument("<shell>", "the shell it is for").choices(SHELLS))
    .action((shell: Shell) => output.result(completionScript(shell, describeCommand(mosaic)).trimEnd()));
  mosaic
    .command("man")
    .description("print the manual page, as for `man -l`")
    .action(() => output.result(manualPage(describeCommand(mosaic), VERSION).trimEnd()));
}
