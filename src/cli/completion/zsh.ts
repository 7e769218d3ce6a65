import { allCommands, type CommandDescription, type OptionDescription } from "./command-tree.ts";
import { completedArgument, completedValue, type CompletedWords } from "./completed-words.ts";
import { quoted } from "./quoted.ts";

/** The completion script for zsh: a function for each command, which calls the functions of its subcommands. */
export function zshCompletion(root: CommandDescription): string {
  return `#compdef mosaic
# zsh completion for mosaic: source <(mosaic completion zsh), or put this into a folder of $fpath as _mosaic
${[...allCommands(root)].map(functionOf).join("\n")}
if [[ $funcstack[1] == _mosaic ]]; then _mosaic "$@"; else compdef _mosaic mosaic; fi
`;
}

function functionOf(command: CommandDescription): string {
  const specs = command.options.flatMap(specsOf);
  const rest = command.commands.length === 0 ? restOf(command) : ["'1: :->command'", "'*:: :->rest'"];
  const lines = [...specs, ...rest].map((spec) => `    ${spec}`).join(" \\\n");
  const call = `  _arguments -C \\\n${lines}`;
  if (command.commands.length === 0) return `${nameOf(command)}() {\n${call}\n}`;
  return `${nameOf(command)}() {\n  local state line\n  local -a commands\n${call}\n${dispatch(command)}\n}`;
}

function dispatch({ commands }: CommandDescription): string {
  const choices = commands.map((inner) => `    ${quoted(`${wordOf(inner)}:${inner.description}`)}`).join("\n");
  const cases = commands.map((inner) => `      ${wordOf(inner)}) ${nameOf(inner)} ;;`).join("\n");
  return `  commands=(
${choices}
  )
  case $state in
    command) _describe command commands ;;
    rest) case $line[1] in
${cases}
    esac ;;
  esac`;
}

function specsOf({ names, value, description }: OptionDescription): readonly string[] {
  const behind =
    value === undefined
      ? ""
      : `${value.isRequired ? ":" : "::"}${escaped(value.name)}:${actionOf(completedValue(names, value))}`;
  // The value of a long option may also follow after "=".
  const equals = (name: string): string => (value?.isRequired === true && name.startsWith("--") ? "=" : "");
  return names.map((name) => quoted(`*${name}${equals(name)}[${escaped(description)}]${behind}`));
}

function actionOf({ words, command, files }: CompletedWords): string {
  if (words.length === 0 && command === undefined) return files ? "_files" : " ";
  if (!files && command === undefined && !words.some(isBegin)) return `(${words.join(" ")})`;
  const dynamic = command === undefined ? "" : ` $(${command})`;
  const suffix = words.some(isBegin) ? "-S '' " : "";
  return `{compadd ${suffix}-- ${words.join(" ")}${dynamic}${files ? "; _files" : ""}}`;
}

/** Whether the word is only the beginning of a value. */
function isBegin(word: string): boolean {
  return word.endsWith("=");
}

function restOf({ parameters }: CommandDescription): readonly string[] {
  return parameters.map(({ name, isVariadic, choices }, at) =>
    quoted(`${isVariadic ? "*" : at + 1}:${escaped(name)}:${actionOf(completedArgument(name, choices))}`),
  );
}

/** Escapes the characters that have a meaning for `_arguments`. */
function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, (sign) => `\\${sign}`);
}

function nameOf({ path }: CommandDescription): string {
  return `_${path.join("_")}`;
}

function wordOf({ path }: CommandDescription): string {
  return path.at(-1) ?? "";
}
