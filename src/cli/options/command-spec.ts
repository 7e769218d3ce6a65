import type { CommandDescription } from "../completion/command-tree.ts";
import type { ProcessOutput } from "../terminal/output.ts";

/**
 * A command of `mosaic` as data. `command-line.ts` makes the parser and `--help` from it; completions and the manual page follow
 * from these. `Input` holds the values of the command line: each argument under its name, each option under its long name in camel
 * case.
 */
export interface CommandSpec<Input> {
  /** Name of the file in `commands/`, too. */
  readonly name: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /**
   * Runs the command; throws `Failure` when it fails. Must `import()` its implementation: all commands are loaded for `--help`, and
   * `mosaic run`, of which a lab starts many, must not load the lab.
   */
  readonly run: (input: Input, context: CommandContext) => Promise<void> | void;
}

export interface ArgumentSpec {
  /** `<node>` if required, `[what]` if optional, `<files...>` for several. */
  readonly syntax: string;
  readonly description: string;
  /** All values that are allowed; omitted if there are others. */
  readonly choices?: readonly string[];
}

export interface OptionSpec {
  /** As `--help` shows it: `--json`, `--no-gso`, `-D, --define <name=value>`. A switch is false unless given, a `--no-` switch true. */
  readonly syntax: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** Value when the option is not given. */
  readonly preset?: string;
  /** May be given several times; the value is an array. */
  readonly isRepeatable?: boolean;
  /** Converts the text after the option; throws `wrongUsage` when it is invalid. */
  readonly parse?: (text: string) => unknown;
  /** Camel-case names of options that cannot be combined with this one. */
  readonly conflicts?: readonly string[];
}

export interface CommandContext {
  readonly output: ProcessOutput;
  /** Loads all commands and describes them, for completions and the manual page. */
  readonly describeCommands: () => Promise<CommandDescription>;
}
