import type { CommandDescription } from "../completion/command-tree.ts";
import type { ProcessOutput } from "../terminal/output.ts";

/**
 * A command of `mosaic` as data. `command-line.ts` builds the parser and `--help` from it; completions and the manual page are built
 * from the parser. `Input` holds the values of the command line: each argument under its name, each option under its long name in
 * camel case.
 */
export interface CommandSpec<Input> {
  /** The word after `mosaic`. The file in `commands/` has the same name. */
  readonly name: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /**
   * Runs the command; throws `Failure` when it fails. It must load its implementation by `await import`, since `--help` loads all
   * commands.
   */
  readonly run: (input: Input, context: CommandContext) => Promise<void> | void;
}

export interface ArgumentSpec {
  /** `<node>` is required, `[what]` is optional, `<files...>` takes several values. */
  readonly syntax: string;
  readonly description: string;
  /** All allowed values; omitted if any value is allowed. */
  readonly choices?: readonly string[];
}

export interface OptionSpec {
  /**
   * Names and value as `--help` shows them: `--json`, `--no-gso`, `-D, --define <name=value>`. Without a value it is a switch: false
   * by default, or true if its name begins with `--no-`.
   */
  readonly syntax: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** Value when the option is not given. */
  readonly preset?: string;
  /** True if the option can be given several times. Its value is then an array. */
  readonly isRepeatable?: boolean;
  /**
   * Name of a list in the input that holds the uses of this option and of all options with the same list, as `OptionUse`, in the order of
   * the command line. Each option may be used several times.
   */
  readonly list?: string;
  /** Converts the text after the option; throws `wrongUsage` if it is invalid. */
  readonly parse?: (text: string) => unknown;
  /** Camel-case names of options that cannot be combined with this one. */
  readonly conflicts?: readonly string[];
}

/** One use of an option in a list. */
export interface OptionUse {
  /** Long name of the option, `--tun`. */
  readonly option: string;
  /** Null if no value follows the option. */
  readonly value: string | null;
}

export interface CommandContext {
  readonly output: ProcessOutput;
  /** Loads and describes all commands, for completions and the manual page. */
  readonly describeCommands: () => Promise<CommandDescription>;
}
