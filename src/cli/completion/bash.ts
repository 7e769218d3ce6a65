import { allCommands, type CommandDescription } from "./command-tree.ts";
import { quoted } from "./quoted.ts";

/** The commands typed so far decide; behind an option come its choices, or files. */
export function bashCompletion(root: CommandDescription): string {
  const commands = [...allCommands(root)];
  return `# bash completion for mosaic: eval "$(mosaic completion bash)"
_mosaic() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command $word" in
${commands.flatMap(entersOf).join("\n")}
    esac
  done
  case "$command $previous" in
${commands.flatMap(valuesOf).join("\n")}
  esac
  case "$command" in
${commands.map(wordsOf).join("\n")}
  esac
}
complete -o filenames -o bashdefault -F _mosaic mosaic
`;
}

/** Where a word leads to another command. */
function entersOf({ path, commands }: CommandDescription): readonly string[] {
  return commands.map(
    (inner) => `      ${quoted(`${key(path)} ${inner.path.at(-1)}`)}) command=${quoted(key(inner.path))} ;;`,
  );
}

/** What may stand behind an option that wants a value. */
function valuesOf({ path, options }: CommandDescription): readonly string[] {
  return options.flatMap(({ names, value }) => {
    if (value?.isRequired !== true) return [];
    const patterns = names.map((name) => quoted(`${key(path)} ${name}`)).join("|");
    const choices = value.choices.length === 0 ? "-f" : `-W ${quoted(value.choices.join(" "))}`;
    return [`    ${patterns}) COMPREPLY=($(compgen ${choices} -- "$current")); return ;;`];
  });
}

function wordsOf({ path, commands, options }: CommandDescription): string {
  const names = options.flatMap((option) => option.names).join(" ");
  const others = commands.length === 0 ? "-f" : `-W ${quoted(commands.map((inner) => inner.path.at(-1)).join(" "))}`;
  return `    ${quoted(key(path))})
      if [[ $current == -* ]]; then COMPREPLY=($(compgen -W ${quoted(names)} -- "$current"))
      else COMPREPLY=($(compgen ${others} -- "$current")); fi ;;`;
}

/** The words behind \`mosaic\` that led to a command. */
function key(path: readonly string[]): string {
  return path.slice(1).join(" ");
}
