import type { OptionSpec } from "../options/command-spec.ts";

/** Words of a command line after the command, divided into options and arguments. */
export interface CommandWords {
  readonly arguments: readonly string[];
  /** Values by the long name of the option without hyphens: `listen`. A switch has the value "". */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** Divides the words of another process's command line into options and arguments. An option that is not in `specs` counts as a switch. */
export function commandWords(words: readonly string[], specs: readonly OptionSpec[]): CommandWords {
  const options = new Map<string, string[]>();
  const found: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "--") return { arguments: [...found, ...words.slice(at + 1)], options };
    if (word === "-" || !word.startsWith("-")) {
      found.push(word);
      continue;
    }
    const [, name = word, own] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    const syntax = specs.find((one) => namesIn(one.syntax).includes(name))?.syntax ?? "";
    const next = words[at + 1];
    const takesNext = own === undefined && next !== undefined && takesValue(syntax, next);
    if (takesNext) at++;
    const long = (namesIn(syntax).at(-1) ?? name).replace(/^-+/, "");
    options.set(long, [...(options.get(long) ?? []), own ?? (takesNext ? next : "")]);
  }
  return { arguments: found, options };
}

/** `-D, --define <name=value>` has the names `-D` and `--define`. */
function namesIn(syntax: string): readonly string[] {
  return syntax.split(/[ ,]+/).filter((part) => part.startsWith("-"));
}

/** Whether the next word is the value of the option: for `<value>` always, for `[value]` unless the word looks like an option. */
function takesValue(syntax: string, next: string): boolean {
  return syntax.includes("<") || (syntax.includes(" [") && !next.startsWith("-"));
}
