import { expect, test } from "vitest";
import type { Expression } from "../../grammar/ast.ts";
import { parse } from "../../grammar/parse.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { hasLiteralShape } from "../../src/query/literal-shape.ts";
import { hostileText, mutated } from "../fuzz/hostile-text.ts";

const LITERALS: readonly string[] = [
  "-1.5e+3",
  '"a \\" b"',
  'b"0aff"',
  "[]",
  "[1, [true, -2ms], [[]]]",
  'ron::"10.0.0.1:1"',
  "RON::sr::[a, b]",
  'qos::("a", 20ms, "contract")',
  "[ // one\n1, /* two */ 2]",
];

test.for(LITERALS)("%s has the shape of a literal", (text) => {
  expect(hasLiteralShape(text)).toBe(true);
});

test.for(["", "[1", "1]", "[1)", "[1,]", "[,1]", "1 2", "f(1)", "1 + 2", '"a', "a::", "[_]", "{1}", "[X > 1]"])(
  "%s has not the shape of a literal",
  (text) => {
    expect(hasLiteralShape(text)).toBe(false);
  },
);

test.for(["[", "(", "o::", "o::["])("a text that nests %s 201 times has not the shape of a literal", (open) => {
  const close = open.endsWith("[") ? "]" : open.endsWith("(") ? ")" : "";
  expect(hasLiteralShape(`${open.repeat(201)}1${close.repeat(201)}`)).toBe(false);
});

test("the parser finds no literal in a hostile text without the shape of one", () => {
  const random = streamOf(1, "literals");
  const texts = Array.from({ length: 4000 }, () => {
    const literal = LITERALS[random.integer(LITERALS.length)] as string;
    return random.integer(4) === 0 ? hostileText(random, 400) : mutated(literal, random);
  });
  const refused = texts.filter((text) => !hasLiteralShape(text));
  expect(refused.length).toBeGreaterThan(500);
  expect(texts.length - refused.length).toBeGreaterThan(500);
  expect(refused.filter(isLiteralForParser)).toEqual([]);
});

/** Whether the parser reads the text as one literal in the place of an argument. */
function isLiteralForParser(text: string): boolean {
  const before = "value(0, ";
  const source = { file: "value", text: `${before}${text}).`, dialect: "mozlog" as const };
  const [statement, ...others] = parse(source, { defines: new Map(), load: () => undefined }).tree.statements;
  if (statement?.kind !== "fact" || others.length > 0 || statement.atom.args.length !== 2) return false;
  const argument = statement.atom.args[1] as Expression;
  const { start, end } = argument.span;
  return start === before.length && end === before.length + text.length && isConstant(argument);
}

function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case "list":
      return expression.items.every(isConstant);
    case "address":
      return [expression.node, ...expression.options].every(isConstant);
    default:
      return expression.kind === "constant";
  }
}
