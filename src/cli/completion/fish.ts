import {
  allCommands,
  type CommandDescription,
  type OptionDescription,
  type ParameterDescription,
} from "./command-tree.ts";
import { completedArgument, completedValue, type CompletedWords } from "./completed-words.ts";

/** The completion script for fish: a line for each command and option, with the condition under which it is offered. */
export function fishCompletion(root: CommandDescription): string {
  const lines = [...allCommands(root)].flatMap((command) => {
    const when = conditionOf(command);
    return [
      ...command.commands.map(
        (inner) => `complete -c mosaic -f -n ${when} -a ${inner.path.at(-1)} -d ${quoted(inner.description)}`,
      ),
      ...command.options.map((option) => `complete -c mosaic -n ${when} ${optionOf(option)}`),
      ...(command.commands.length > 0 ? [] : command.parameters.flatMap((one) => parameterLines(one, when))),
    ];
  });
  return `# fish completion for mosaic: mosaic completion fish | source\n${lines.join("\n")}\n`;
}

/** The condition that the command was typed and none of its subcommands. */
function conditionOf({ path, commands }: CommandDescription): string {
  const typed = path.slice(1).map((word) => `__fish_seen_subcommand_from ${word}`);
  const own = commands.map((inner) => inner.path.at(-1)).join(" ");
  return quoted([...typed, ...(own === "" ? [] : [`not __fish_seen_subcommand_from ${own}`])].join("; and "));
}

function optionOf({ names, value, description }: OptionDescription): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const wanted = value?.isRequired === true ? valueFlags(completedValue(names, value)) : [];
  return [...flags, ...wanted, `-d ${quoted(description)}`].join(" ");
}

/** Flags of fish for an option with a value: with `-r` it offers the words and files, with `-x` only the words. */
function valueFlags(completed: CompletedWords): readonly string[] {
  const words = wordsOf(completed);
  return [completed.files ? "-r" : "-x", ...(words === "" ? [] : [`-a ${quoted(words)}`])];
}

function wordsOf({ words, command }: CompletedWords): string {
  return [...words, ...(command === undefined ? [] : [`(${command})`])].join(" ");
}

/** Lines that offer the words of an argument. Fish offers files by default. */
function parameterLines({ name, choices }: ParameterDescription, when: string): readonly string[] {
  const words = wordsOf(completedArgument(name, choices));
  return words === "" ? [] : [`complete -c mosaic -n ${when} -a ${quoted(words)}`];
}

/** Text in single quotes for fish. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
