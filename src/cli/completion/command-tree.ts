import type { Command, Option } from "commander";

/** A command with its options and subcommands, as `--help` shows them. The source of completions and of the manual page. */
export interface CommandDescription {
  /** Words of the command: `mosaic`, `run`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly parameters: readonly ParameterDescription[];
  readonly options: readonly OptionDescription[];
  readonly commands: readonly CommandDescription[];
}

export interface ParameterDescription {
  readonly name: string;
  readonly description: string;
  readonly isRequired: boolean;
  readonly isVariadic: boolean;
  /** All allowed values; empty if any value is allowed. */
  readonly choices: readonly string[];
}

export interface OptionDescription {
  /** All names, such as `-D` and `--define`. */
  readonly names: readonly string[];
  /** The value of the option; undefined for a switch. */
  readonly value: ValueDescription | undefined;
  readonly description: string;
}

export interface ValueDescription {
  /** Name in `--help`, such as `host:port`. */
  readonly name: string;
  readonly isRequired: boolean;
  /** All allowed values; empty if any value is allowed. */
  readonly choices: readonly string[];
  /** Value when the option is not given, as text. */
  readonly preset: string | undefined;
}

/** Describes a command of the parser with all its subcommands. `above`: the words before its name. */
export function describeCommand(command: Command, above: readonly string[] = []): CommandDescription {
  const path = [...above, command.name()];
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    parameters: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      isRequired: argument.required,
      isVariadic: argument.variadic,
      choices: argument.argChoices ?? [],
    })),
    options: help.visibleOptions(command).map(describeOption),
    commands: help.visibleCommands(command).map((inner) => describeCommand(inner, path)),
  };
}

function describeOption(option: Option): OptionDescription {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  return { names, value: describeValue(option), description: option.description };
}

function describeValue({ flags, required, optional, argChoices, defaultValue }: Option): ValueDescription | undefined {
  if (!required && !optional) return undefined;
  const name = /[<[](.*)[>\]]$/.exec(flags)?.[1] ?? "value";
  const preset = ["string", "number"].includes(typeof defaultValue) ? String(defaultValue) : undefined;
  return { name, isRequired: required, choices: argChoices ?? [], preset };
}

/** Yields the command and all its subcommands. */
export function* allCommands(command: CommandDescription): Generator<CommandDescription> {
  yield command;
  for (const inner of command.commands) yield* allCommands(inner);
}
