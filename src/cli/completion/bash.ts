import { allCommands, type CommandDescription, type ParameterDescription } from "./command-tree.ts";
import { completedArgument, completedValue, type CompletedWords } from "./completed-words.ts";
import { quoted } from "./quoted.ts";

/**
 * The completion script for bash. It offers the subcommands and options of the command typed so far, and names, choices or files for
 * arguments and for values of options.
 */
export function bashCompletion(root: CommandDescription): string {
  const commands = [...allCommands(root)];
  return `# bash completion for mosaic: eval "$(mosaic completion bash)"
_mosaic() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word isValue=
  # Number of arguments of the command before the current word.
  local -i nth=0
  # Bash divides words at "=": "--limit=rules" is three of them.
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word == = ]]; then isValue=yes; continue; fi
    if [[ -n $isValue ]]; then isValue=; continue; fi
    case "$command $word" in
${commands.flatMap(subcommandCases).join("\n")}
${commands.flatMap(optionsWithValues).join("\n")}
      *' -'*) ;;
      *) nth+=1 ;;
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
    (inner) => `      ${quoted(`${key(path)} ${inner.path.at(-1)}`)}) command=${quoted(key(inner.path))}; nth=0 ;;`,
  );
}

/** Cases of the script for options whose value is the next word. */
function optionsWithValues({ path, options }: CommandDescription): readonly string[] {
  const names = options.filter(({ value }) => value?.isRequired === true).flatMap((option) => option.names);
  return names.length === 0
    ? []
    : [`      ${names.map((name) => quoted(`${key(path)} ${name}`)).join("|")}) isValue=yes ;;`];
}

/** Returns the arguments of `compgen` that generate the words. */
function generator({ words, command, files }: CompletedWords): string {
  const dynamic = command === undefined ? "" : ` $(${command})`;
  const list = words.length === 0 && command === undefined ? "" : `-W "${words.join(" ")}${dynamic}"`;
  return [files ? "-f" : "", list].filter((part) => part !== "").join(" ");
}

/** Cases of the script for the value of an option. */
function valueCases({ path, options }: CommandDescription): readonly string[] {
  return options.flatMap(({ names, value }) => {
    if (value?.isRequired !== true) return [];
    const patterns = names.map((name) => quoted(`${key(path)} ${name}`)).join("|");
    return [
      `    ${patterns}) COMPREPLY=($(compgen ${generator(completedValue(names, value))} -- "$current"))`,
      "      if [[ ${COMPREPLY-} == *= ]]; then compopt -o nospace 2> /dev/null; fi; return ;;",
    ];
  });
}

function wordCases({ path, commands, options, parameters }: CommandDescription): string {
  const names = options.flatMap((option) => option.names).join(" ");
  const subcommands = `COMPREPLY=($(compgen -W ${quoted(commands.map((inner) => inner.path.at(-1)).join(" "))} -- "$current"))`;
  const others = commands.length === 0 ? argumentCases(parameters) : subcommands;
  return `    ${quoted(key(path))})
      if [[ $current == -* ]]; then COMPREPLY=($(compgen -W ${quoted(names)} -- "$current"))
      else ${others}; fi ;;`;
}

/** Cases of the script for the words of arguments, by position. A variadic argument covers its position and all that follow. */
function argumentCases(parameters: readonly ParameterDescription[]): string {
  const cases = parameters.map(({ name, isVariadic, choices }, at) => {
    return `${isVariadic ? "*" : at}) COMPREPLY=($(compgen ${generator(completedArgument(name, choices))} -- "$current")) ;;`;
  });
  return `case $nth in ${cases.join(" ")} esac`;
}

/** The words after `mosaic` that select a command. */
function key(path: readonly string[]): string {
  return path.slice(1).join(" ");
}
