import type { Command, Option } from "commander";

/** A command as `--help` knows it, for everything else that is made of the same: completions and the manual page. */
export interface CommandDescription {
  /** As it is typed: `mosaic`, `mosaic run`. */
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
}

export interface OptionDescription {
  /** `--listen`, `-D`: all its names. */
  readonly names: readonly string[];
  /** What stands behind it; undefined for a switch. */
  readonly value: ValueDescription | undefined;
  readonly description: string;
}

export interface ValueDescription {
  /** As in `--help`: `host:port`. */
  readonly name: string;
  readonly isRequired: boolean;
  /** All that it may be; empty when there is more. */
  readonly choices: readonly string[];
  /** What holds when the option is left out, as text. */
  readonly preset: string | undefined;
}

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

/** The command and all below it. */
export function* allCommands(command: CommandDescription): Generator<CommandDescription> {
  yield command;
  for (const inner of command.commands) yield* allCommands(inner);
}
