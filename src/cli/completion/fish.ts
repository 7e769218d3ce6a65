import {
  allCommands,
  type CommandDescription,
  type OptionDescription,
  type ParameterDescription,
} from "./command-tree.ts";
import { completedWords, nameOfValue } from "./completed-words.ts";

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
  const { words } = completedWords(nameOfValue(names), value?.choices);
  const wanted =
    value?.isRequired !== true ? [] : words.length === 0 ? ["-r"] : ["-x", `-a ${quoted(words.join(" "))}`];
  return [...flags, ...wanted, `-d ${quoted(description)}`].join(" ");
}

/** Lines that offer the words of an argument. Fish offers files by default. */
function parameterLines({ name, choices }: ParameterDescription, when: string): readonly string[] {
  const { words, command } = completedWords(name, choices);
  if (words.length === 0 && command === undefined) return [];
  const dynamic = command === undefined ? "" : `(${command})`;
  return [`complete -c mosaic -n ${when} -a ${quoted([...words, dynamic].join(" ").trim())}`];
}

/** Text in single quotes for fish. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
