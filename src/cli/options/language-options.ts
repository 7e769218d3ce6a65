import { DIALECTS } from "../../../grammar/dialect.ts";
import type { Dialect } from "../../../grammar/span.ts";
import { MAX_TEXT_LIMITS, TEXT_LIMITS, type TextLimits } from "../../../grammar/text-limits.ts";
import type { ViewOptimisations } from "../../program/view-optimisations.ts";
import type { OptionSpec } from "./command-spec.ts";
import { parseDefines } from "./defines.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** What the command line says of how programs are read. */
export interface LanguageInput {
  readonly define: readonly string[];
  readonly dialect?: Dialect;
  readonly limit: readonly string[];
  readonly plugin: readonly string[];
  readonly tailCalls: boolean;
  readonly inlineViews: boolean;
  readonly localShortcut: boolean;
}

export interface LanguageOptions {
  readonly defines: ReadonlyMap<string, string>;
  /** That of the files named on the command line, where it is not what their endings say. */
  readonly dialect: Dialect | undefined;
  readonly limits?: TextLimits | undefined;
  readonly optimisations?: ViewOptimisations;
}

/** The options of every command that compiles programs. */
export const LANGUAGE_OPTIONS: readonly OptionSpec[] = [
  { syntax: "-D, --define <name=value>", description: "a macro, as -D PROFILE=paper", isRepeatable: true },
  { syntax: "--dialect <name>", description: "how to read the files, whatever their endings say", choices: DIALECTS },
  { syntax: "--plugin <file>", description: "a module with functions and stages of your own", isRepeatable: true },
  {
    syntax: "--limit <name=number>",
    description: "raise a limit of the compiler: source (MiB), rules or nesting",
    isRepeatable: true,
  },
  {
    syntax: "--no-tail-calls",
    description: "let every call of a view wait for its answer, also where it is all that the caller returns",
  },
  {
    syntax: "--no-inline-views",
    description: "let every call of a view wait in a table, also where it is answered here at once",
  },
  {
    syntax: "--no-local-shortcut",
    description: "let every answer be a step of its own, also where nothing else happens in that of the call",
  },
];

/** Loads the plugins, whose functions all programs of this process can then call. */
export async function languageOf({
  define,
  dialect,
  limit,
  plugin,
  tailCalls,
  inlineViews,
  localShortcut,
}: LanguageInput): Promise<LanguageOptions> {
  if (plugin.length > 0) {
    const { loadPlugin } = await import("./plugin.ts");
    for (const file of plugin) await loadPlugin(file);
  }
  const optimisations = { tailCalls, inlineViews, localShortcut };
  return { defines: parseDefines(define), dialect, limits: limit.reduce(withLimit, TEXT_LIMITS), optimisations };
}

function withLimit(limits: TextLimits, text: string): TextLimits {
  const [name = "", value = ""] = text.split("=");
  if (!isLimit(name)) throw wrongUsage("--limit", `\`${text}\` is none of source=N, rules=N and nesting=N`);
  const number = Number(value);
  if (Number.isInteger(number) && number > 0 && number <= MAX_TEXT_LIMITS[name]) return { ...limits, [name]: number };
  throw wrongUsage("--limit", `${name} is a whole number up to ${MAX_TEXT_LIMITS[name]}`);
}

function isLimit(name: string): name is keyof TextLimits {
  return Object.hasOwn(TEXT_LIMITS, name);
}
