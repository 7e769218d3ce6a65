import { allCommands, type CommandDescription, type OptionDescription } from "./command-tree.ts";

/** The completion script for fish: a line for each command and option, with the condition under which it is offered. */
export function fishCompletion(root: CommandDescription): string {
  const lines = [...allCommands(root)].flatMap((command) => {
    const when = conditionOf(command);
    return [
      ...command.commands.map(
        (inner) => `complete -c mosaic -f -n ${when} -a ${inner.path.at(-1)} -d ${quoted(inner.description)}`,
      ),
      ...command.options.map((option) => `complete -c mosaic -n ${when} ${optionOf(option)}`),
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
  const choices = value?.choices ?? [];
  const wanted =
    value?.isRequired !== true ? [] : choices.length === 0 ? ["-r"] : ["-x", `-a ${quoted(choices.join(" "))}`];
  return [...flags, ...wanted, `-d ${quoted(description)}`].join(" ");
}

/** Text in single quotes for fish. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
