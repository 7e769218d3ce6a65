import { Argument, Command, CommanderError, Option } from "commander";
import { printableLines } from "../../runtime/plan/values/printable.ts";
import { COMMANDS, type ListedCommand } from "./command-list.ts";
import type { CommandDescription } from "./completion/command-tree.ts";
import { VERSION } from "./files/version.ts";
import type { ArgumentSpec, CommandContext, CommandSpec, OptionSpec, OptionUse } from "./options/command-spec.ts";
import { Failure } from "./terminal/failure.ts";
import { processOutput as output } from "./terminal/output.ts";

/** Runs a command and returns the exit code: 0 for success, 1 if the command failed, 2 if the command line is invalid. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const parser = await newParser(commandsFor(argv[2]));
    await parser.parseAsync(argv);
    return 0;
  } catch (error: unknown) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Failure)) throw error;
    if (error.message !== "") output.log.failure(error.message);
    return error.exitCode;
  }
}

/** Loads and describes all commands, for completions and the manual page. */
export async function describeCommands(): Promise<CommandDescription> {
  const { describeCommand } = await import("./completion/command-tree.ts");
  return describeCommand(await newParser(COMMANDS));
}

/** Returns the commands to load for a command line with this first word: one, or all for `--help`. */
function commandsFor(word: string | undefined): readonly ListedCommand[] {
  if (word === "--version" || word === "-V") return [];
  const named = COMMANDS.filter(({ name }) => name === word);
  return named.length > 0 ? named : COMMANDS;
}

/** Returns the parser of all commands. Commands that are not loaded have no arguments and options. */
async function newParser(loaded: readonly ListedCommand[]): Promise<Command> {
  const mosaic = new Command("mosaic")
    .description("Overlay networks written as rules.")
    .version(VERSION)
    .showSuggestionAfterError()
    .showHelpAfterError("`mosaic --help` lists the commands")
    // By default Commander wraps no description that has less than 40 columns, as `ctl --help` has on a terminal of 80 columns.
    .configureHelp({ minWidthToWrap: 30 })
    .configureOutput({ outputError: (text, write) => write(printableLines(text.replace(/^error: /, "mosaic: "))) })
    .exitOverride();
  for (const listed of COMMANDS) {
    const { name, summary } = listed;
    const command = mosaic
      .command(name)
      .description(summary)
      .showHelpAfterError(`\`mosaic ${name} --help\` lists its arguments and options`);
    if (loaded.includes(listed)) addSpec(command, (await listed.load()).command);
  }
  return mosaic;
}

function addSpec(command: Command, spec: CommandSpec<never>): void {
  for (const argument of spec.arguments) command.addArgument(newArgument(argument));
  for (const option of spec.options) command.addOption(newOption(option));
  const lists = collectedLists(command, spec.options);
  const switches = command.options.filter((option) => option.isBoolean() && !option.negate);
  const unset = Object.fromEntries(switches.map((option) => [option.attributeName(), false]));
  const context: CommandContext = { output, describeCommands };
  command.action(async () => {
    const values = command.registeredArguments.map((argument, at): [string, unknown] => [
      argument.name(),
      command.processedArgs[at],
    ]);
    const input = { ...unset, ...lists, ...command.opts<Record<string, unknown>>(), ...Object.fromEntries(values) };
    await spec.run(input as never, context);
  });
}

/** Returns the lists of the options with a `list`. The parser fills them. */
function collectedLists(
  command: Command,
  specs: readonly OptionSpec[],
): Readonly<Record<string, readonly OptionUse[]>> {
  const lists: Record<string, OptionUse[]> = {};
  for (const { syntax, list } of specs) {
    if (list === undefined) continue;
    const uses = (lists[list] ??= []);
    const option = command.options.find(({ flags }) => flags === syntax);
    command.on(`option:${option?.name()}`, (value: string | null) =>
      uses.push({ option: option?.long ?? syntax, value }),
    );
  }
  return lists;
}

function newArgument({ syntax, description, choices }: ArgumentSpec): Argument {
  const argument = new Argument(syntax, description);
  return choices === undefined ? argument : argument.choices(choices);
}

function newOption({ syntax, description, choices, preset, isRepeatable, parse, conflicts }: OptionSpec): Option {
  const option = new Option(syntax, description);
  if (choices !== undefined) option.choices(choices);
  if (preset !== undefined) option.default(preset);
  if (isRepeatable === true) option.default([], "none").argParser(append);
  if (parse !== undefined) option.argParser(parse);
  if (conflicts !== undefined) option.conflicts([...conflicts]);
  return option;
}

function append(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
