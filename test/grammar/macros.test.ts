import { expect, test } from "vitest";
import { lex } from "../../grammar/lex.ts";
import { expand, type Macro } from "../../grammar/macros.ts";

interface Expanded {
  readonly text: string;
  /** Numbers of tokens that were counted against the limit. */
  readonly spent: readonly number[];
}

/** Expands the macro A among others, against a limit of tokens. */
function expanded(texts: Readonly<Record<string, string>>, limit: number): Expanded {
  const macros = new Map(Object.entries(texts).map(([name, text]): [string, Macro] => [name, macro(name, text)]));
  const [use] = lex({ file: "use", text: "A", dialect: "mozlog" }).tokens;
  const [images, spent]: [string[], number[]] = [[], []];
  if (use === undefined) throw new Error("no token");
  expand(macros.get("A") as Macro, use, {
    macros,
    spendTokens: (count) => spent.push(count) > 0 && spent.reduce((sum, one) => sum + one, 0) <= limit,
    emit: ({ image }) => void images.push(image),
    reportTooDeep: (name) => void images.push(`too deep: ${name}`),
  });
  return { text: images.join(" "), spent };
}

function macro(name: string, text: string): Macro {
  return { name, tokens: lex({ file: name, text, dialect: "mozlog" }).tokens };
}

/** Macros A, M1, M2 and so on, each of which stands for the next one twice. */
function doubling(count: number): Readonly<Record<string, string>> {
  const names = ["A", ...Array.from({ length: count }, (_, at) => `M${at + 1}`)];
  return Object.fromEntries(names.slice(0, -1).map((name, at) => [name, `${names[at + 1]} ${names[at + 1]}`]));
}

test("an expansion is counted before it is made, with the names of its macros", () => {
  expect(expanded({ A: "B + B", B: "x y" }, 100)).toEqual({ text: "x y + x y", spent: [7] });
});

test("an expansion beyond the limit makes no token", () => {
  expect(expanded(doubling(2), 5)).toEqual({ text: "", spent: [6] });
  expect(expanded(doubling(150), 1_000_000)).toEqual({ text: "", spent: [2 ** 151 - 2] });
});

test("an expansion with macros that name each other is counted as it is made", () => {
  expect(expanded({ A: "x B", B: "y A" }, 100)).toEqual({ text: "x y A", spent: [1, 1, 1, 1] });
  expect(expanded({ A: "x B", B: "y A" }, 2).text).toBe("x");
});

test("an expansion of many macros is counted as it is made", () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`M${at}`, "x"]));
  const { text, spent } = expanded({ ...many, A: Object.keys(many).join(" ") }, 1000);
  expect([text.length, spent.length]).toEqual([599, 600]);
});
