import { allCommands, type CommandDescription } from "./command-tree.ts";
import { quoted } from "./quoted.ts";

/** The completion script for bash. It offers the commands and options of the command typed so far, and choices or files after an option. */
export function bashCompletion(root: CommandDescription): string {
  const commands = [...allCommands(root)];
  return `# bash completion for mosaic: eval "$(mosaic completion bash)"
_mosaic() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command $word" in
${commands.flatMap(subcommandCases).join("\n")}
    esac
  done
  case "$command $previous" in
${commands.flatMap(valueCases).join("\n")}
  esac
  case "$command" in
${commands.map(wordCases).join("\n")}
  esac
}
complete -o filenames -o bashdefault -F _mosaic mosaic
`;
}

/** Cases of the script in which a word selects a subcommand. */
function subcommandCases({ path, commands }: CommandDescription): readonly string[] {
  return commands.map(
    (inner) => `      ${quoted(`${key(path)} ${inner.path.at(-1)}`)}) command=${quoted(key(inner.path))} ;;`,
  );
}

/** Cases of the script for the value of an option. */
function valueCases({ path, options }: CommandDescription): readonly string[] {
  return options.flatMap(({ names, value }) => {
    if (value?.isRequired !== true) return [];
    const patterns = names.map((name) => quoted(`${key(path)} ${name}`)).join("|");
    const choices = value.choices.length === 0 ? "-f" : `-W ${quoted(value.choices.join(" "))}`;
    return [`    ${patterns}) COMPREPLY=($(compgen ${choices} -- "$current")); return ;;`];
  });
}

function wordCases({ path, commands, options }: CommandDescription): string {
  const names = options.flatMap((option) => option.names).join(" ");
  const others = commands.length === 0 ? "-f" : `-W ${quoted(commands.map((inner) => inner.path.at(-1)).join(" "))}`;
  return `    ${quoted(key(path))})
      if [[ $current == -* ]]; then COMPREPLY=($(compgen -W ${quoted(names)} -- "$current"))
      else COMPREPLY=($(compgen ${others} -- "$current")); fi ;;`;
}

/** The words after `mosaic` that select a command. */
function key(path: readonly string[]): string {
  return path.slice(1).join(" ");
}
