import { DIALECTS } from "../../../grammar/dialect.ts";
import type { Dialect } from "../../../grammar/span.ts";
import { MAX_TEXT_LIMITS, TEXT_LIMITS, type TextLimits } from "../../../grammar/text-limits.ts";
import type { ViewOptimisations } from "../../program/view-optimisations.ts";
import { wrongUsage } from "../terminal/failure.ts";
import type { OptionSpec } from "./command-spec.ts";
import { parseDefines } from "./defines.ts";

/** Values of `LANGUAGE_OPTIONS` on the command line. */
export interface LanguageInput {
  readonly define: readonly string[];
  readonly dialect?: Dialect;
  readonly limit: readonly string[];
  readonly plugin: readonly string[];
  readonly tailCalls: boolean;
  readonly inlineViews: boolean;
  readonly localShortcut: boolean;
}

/** How programs are read and compiled. */
export interface LanguageOptions {
  readonly defines: ReadonlyMap<string, string>;
  /** Dialect of the files named on the command line; undefined if their extensions determine it. */
  readonly dialect: Dialect | undefined;
  readonly limits?: TextLimits | undefined;
  readonly optimisations?: ViewOptimisations;
}

/** Options of all commands that compile programs. */
export const LANGUAGE_OPTIONS: readonly OptionSpec[] = [
  { syntax: "-D, --define <name=value>", description: "define a macro, as in -D PROFILE=paper", isRepeatable: true },
  {
    syntax: "--dialect <name>",
    description: "dialect of the files, whatever their extensions",
    choices: DIALECTS,
  },
  {
    syntax: "--plugin <file>",
    description: "load functions and stages from a JavaScript or TypeScript module",
    isRepeatable: true,
  },
  {
    syntax: "--limit <name=number>",
    description: "raise a limit of the compiler: source (MiB), rules or nesting",
    isRepeatable: true,
  },
  {
    syntax: "--no-tail-calls",
    description: "wait for the answer of every view call, even if the caller only returns that answer",
  },
  {
    syntax: "--no-inline-views",
    description: "store every view call in a table, even if the view can be inlined",
  },
  {
    syntax: "--no-local-shortcut",
    description: "run every answer to a view call as a separate step",
  },
];

/** Returns the language options and loads the plugins, whose functions all programs of this process can call afterwards. */
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
  if (!isLimit(name)) throw wrongUsage("--limit", `\`${text}\` is not source=N, rules=N or nesting=N`);
  const number = Number(value);
  if (Number.isInteger(number) && number > 0 && number <= MAX_TEXT_LIMITS[name]) return { ...limits, [name]: number };
  throw wrongUsage("--limit", `${name} must be an integer from 1 to ${MAX_TEXT_LIMITS[name]}`);
}

function isLimit(name: string): name is keyof TextLimits {
  return Object.hasOwn(TEXT_LIMITS, name);
}
