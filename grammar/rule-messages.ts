/*
 * Messages about rules that never have an effect, or that mean something else than they seem to. `messages.ts` joins them with all others.
 */
import { brief, type Wording } from "./wording.ts";

/** Messages about the meaning of rules, by code. */
export const RULE_MESSAGES = {
  E0252: (f: {
    readonly text: string;
    readonly rule: string;
    readonly isAlone: boolean;
    readonly other: string | undefined;
  }): Wording => ({
    message: `\`${brief(f.text)}\` is never true${togetherWith(f)}, so rule \`${f.rule}\` derives nothing`,
    help: f.isAlone
      ? "compare with another variable, or remove the rule"
      : "all literals of a body hold together; write a rule for each case, or `||` between conditions",
  }),
  E0253: (f: { readonly denial: string; readonly needed: string; readonly rule: string }): Wording => ({
    message: `\`${brief(f.denial)}\` excludes every row that \`${brief(f.needed)}\` needs, so rule \`${f.rule}\` derives nothing`,
    help: "compare other columns, or remove one of the two literals",
  }),
  E0254: (f: MismatchFacts): Wording => ({
    message: mismatchMessage(f),
    help:
      f.what === "comparison"
        ? "values of different types are not equal, and their order is that of the types"
        : "values of different types are never equal",
  }),
  W0242: (f: { readonly text: string; readonly truth: boolean; readonly kinds?: readonly string[] }): Wording => ({
    message:
      `\`${brief(f.text)}\` is ${f.truth ? "always" : "never"} true` +
      (f.kinds === undefined ? "" : `: it compares ${f.kinds.join(" with ")}`),
    help: f.truth ? "compare with another value, or remove the condition" : "compare with another value",
  }),
  W0243: (f: { readonly words: readonly string[]; readonly signature: string }): Wording => {
    const words = f.words.map((word) => `\`${word}\``).join(" and ");
    const strings = f.words.map((word) => `"${word}"`).join(" and ");
    const isOne = f.words.length === 1;
    return {
      message: `${words} ${isOne ? "is no type" : "are no types"}, so this is a fact with the string${isOne ? "" : "s"} ${strings}`,
      help: `did you mean the signature \`${f.signature}\`? If not, write strings in quotes`,
    };
  },
  W0244: (f: { readonly rule: string; readonly table: string }): Wording => ({
    message: `\`${f.rule}\` has no event and derives rows of \`${f.table}\` from rows of \`${f.table}\` that the new rows may replace`,
    help: "a row that replaces its own derivation disappears; for an action, raise an event, and let it trigger the rule",
  }),
  W0240: (f: TimerOrderFacts): Wording => ({
    message: `the timers of \`${f.one}\` and \`${f.other}\` are due at the same time and ${timerOrderText(f)}`,
    help: "give one of them another delay, as in `periodic(E, 10, 0, 5)`, or change the row in one rule",
  }),
};

function togetherWith({ isAlone, other }: { readonly isAlone: boolean; readonly other: string | undefined }): string {
  if (isAlone) return "";
  return other === undefined ? " together with the literals before it" : ` together with \`${brief(other)}\``;
}

/** Facts of a value that can never equal another value, because their types differ. `kinds` are the types of the two values. */
type MismatchFacts = ValueMismatch | ColumnMismatch;

interface ValueMismatch {
  readonly what: "comparison" | "assignment";
  readonly text: string;
  readonly kinds: readonly string[];
}

interface ColumnMismatch {
  readonly what: "column" | "negation" | "deletion";
  readonly text: string;
  readonly kinds: readonly string[];
  readonly predicate: string;
  readonly column: number;
}

function mismatchMessage(f: MismatchFacts): string {
  const text = `\`${brief(f.text)}\``;
  const [found = "", wanted = ""] = f.kinds;
  switch (f.what) {
    case "comparison":
      return `${text} is never true: it compares ${found} with ${wanted}`;
    case "assignment":
      return `${text} never holds: the variable is ${found}, and the value ${wanted}`;
    case "column":
      return `this matches no row or event: ${columnMismatch(f)}`;
    case "negation":
      return `this negation excludes no row: ${columnMismatch(f)}`;
    case "deletion":
      return `this deletes no row: ${columnMismatch(f)}`;
  }
}

function columnMismatch({ text, kinds: [found = "", wanted = ""], predicate, column }: ColumnMismatch): string {
  return `\`${brief(text)}\` is ${found}, and column ${column} of \`${predicate}\` is ${wanted}`;
}

/** Facts of two timers whose order decides a row. If `how` is "read", `other` reads the table `read`, and `one` changes it. */
interface TimerOrderFacts {
  readonly how: "change" | "evict" | "read";
  readonly table: string;
  readonly one: string;
  readonly other: string;
  readonly read?: string;
}

function timerOrderText(f: TimerOrderFacts): string {
  if (f.how === "change")
    return `change the same row of \`${f.table}\`: the order of these names decides which change remains`;
  if (f.how === "evict")
    return `insert different rows into \`${f.table}\`, which holds one: the order of these names decides which row remains`;
  return (
    `\`${f.one}\` changes \`${f.read ?? ""}\`, from which \`${f.other}\` changes \`${f.table}\`: ` +
    "the order of these names decides which rows it reads"
  );
}
