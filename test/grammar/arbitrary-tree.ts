import fc from "fast-check";
import type {
  AcceptDeclaration,
  AcceptedType,
  Aggregate,
  Argument,
  Atom,
  BinaryOperator,
  Constant,
  ConstantValue,
  Evict,
  Expression,
  Literal,
  Statement,
  UnaryOperator,
  Variable,
  ViewDefinition,
} from "../../grammar/ast.ts";
import { quote } from "../../grammar/literals.ts";
import type { Name, Span } from "../../grammar/span.ts";

/** Span of all nodes. Generated trees have no source text, and comparisons ignore spans. */
const span: Span = { file: "text", start: 0, end: 0 };

const name = (text: string): Name => ({ text, span });
const constant = (value: ConstantValue, text: string): Constant => ({ kind: "constant", value, text, span });

/** Names of predicates, including keywords of the language and property names of JavaScript. */
const names = fc
  .constantFrom(
    "p",
    "q",
    "link",
    "ron.RT",
    "this.Req",
    "constructor",
    "toString",
    "in",
    "table",
    "many",
    "delete",
    "RT",
  )
  .map(name);
const lowerNames = fc.constantFrom("a", "ron", "i3", "home", "fifo", "max", "constructor").map(name);
const functionNames = fc.constantFrom("f_now", "f_sha1", "mine").map(name);
const variables: fc.Arbitrary<Variable> = fc
  .constantFrom("X", "Y", "Dest", "MIN", "A_B", "N1")
  .map((text) => ({ kind: "variable", name: text, span }));

const numbers = fc.oneof(
  fc.nat().map((value) => constant(value, String(value))),
  fc.nat({ max: 10_000 }).map((value) => constant(-value || 0, `-${value}`)),
  fc.nat({ max: 10_000 }).map((value) => constant(value / 1000, `${value}ms`)),
  fc.constantFrom(constant(1.5, "1.5"), constant(1e6, "1mbit"), constant(Infinity, "infinity"), constant(19, "0x13")),
);
const constants: fc.Arbitrary<Expression> = fc.oneof(
  numbers,
  fc
    .string({ unit: "grapheme" })
    .map((value) => constant(withoutInvalidCharacters(value), quote(withoutInvalidCharacters(value)))),
  fc.bigInt({ min: 0n, max: 2n ** 160n - 1n }).map((value) => constant(value, `0x${value.toString(16)}I`)),
  fc.constantFrom(constant(null, "null"), constant(true, "true"), constant("low", "low"), constant("in", "in")),
  fc.uint8Array().map((value) => constant(new Uint8Array(value), `b"${hex(value)}"`)),
);

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Removes characters that a program text cannot contain. */
function withoutInvalidCharacters(text: string): string {
  return text.replaceAll("\uFFFD", "").replaceAll(/[\u0000-\u001f\u2028\u2029]/g, " ");
}

const BINARY: readonly BinaryOperator[] = [
  ...(["||", "&&", "|", "^", "&", "==", "!=", "<", "<=", ">", ">="] as const),
  ...(["<<", ">>", "+", "-", "*", "/", "%"] as const),
];

const isMinusOnNumber = (operator: UnaryOperator, operand: Expression): boolean =>
  operator === "-" && operand.kind === "constant" && typeof operand.value === "number" && !operand.text.startsWith("-");

const expressions = fc.letrec((tie) => {
  const expression = tie("expression") as fc.Arbitrary<Expression>;
  const list = tie("list") as fc.Arbitrary<Expression>;
  const address = tie("address") as fc.Arbitrary<Expression>;
  return {
    expression: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      variables,
      constants,
      fc.constant<Expression>({ kind: "wildcard", span }),
      list,
      address,
      fc
        .tuple(fc.constantFrom<UnaryOperator>("-", "!", "~"), expression)
        .filter(([operator, operand]) => !isMinusOnNumber(operator, operand))
        .map(([operator, operand]): Expression => ({ kind: "unary", operator, operand, span })),
      fc
        .tuple(fc.constantFrom(...BINARY), expression, expression)
        .map(([operator, left, right]): Expression => ({ kind: "binary", operator, left, right, span })),
      fc
        .tuple(expression, expression, expression)
        .map(([test, yes, no]): Expression => ({ kind: "conditional", test, yes, no, span })),
      fc
        .tuple(functionNames, fc.array(expression, { maxLength: 3 }))
        .map(([called, args]): Expression => ({ kind: "call", name: called, args, span })),
      fc.tuple(expression, expression, expression, fc.boolean(), fc.boolean()).map(
        ([value, low, high, includesLow, includesHigh]): Expression => ({
          kind: "interval",
          value,
          low,
          high,
          includesLow,
          includesHigh,
          span,
        }),
      ),
    ),
    list: fc.oneof(
      fc.array(expression, { maxLength: 3 }).map((items): Expression => ({ kind: "list", items, span })),
      fc
        .tuple(fc.array(expression, { minLength: 1, maxLength: 3 }), expression)
        .map(([items, tail]): Expression => ({ kind: "list", items, tail, span })),
    ),
    address: fc
      .tuple(lowerNames, expression, fc.array(expression, { maxLength: 2 }))
      .map(([overlay, node, options]): Expression => ({ kind: "address", overlay, node, options, span })),
  };
});

/** Expressions that the parser can return. */
export const arbitraryExpression: fc.Arbitrary<Expression> = expressions.expression;
const address = expressions.address;

const locations = fc.oneof(
  variables,
  address,
  constants.filter((it) => it.kind === "constant" && !it.text.startsWith("-")),
);

const aggregates: fc.Arbitrary<Aggregate> = fc
  .tuple(
    fc.constantFrom<Aggregate["function"]>("min", "max", "count", "countDistinct", "sum", "avg", "list", "set"),
    fc.option(arbitraryExpression, { nil: undefined }),
  )
  .map(([kind, operand]) => ({ kind: "aggregate", function: kind, operand, span }));

/** Expressions over aggregates. */
const combinations: fc.Arbitrary<Expression> = fc.oneof(
  fc
    .tuple(
      functionNames,
      fc.array(aggregates, { minLength: 1, maxLength: 2 }),
      fc.array(arbitraryExpression, { maxLength: 1 }),
    )
    .map(([called, args, more]): Expression => ({ kind: "call", name: called, args: [...args, ...more], span })),
  fc
    .tuple(fc.constantFrom(...BINARY), aggregates, arbitraryExpression)
    .map(([operator, left, right]): Expression => ({ kind: "binary", operator, left, right, span })),
  fc
    .tuple(fc.constantFrom(...BINARY), arbitraryExpression, aggregates)
    .map(([operator, left, right]): Expression => ({ kind: "binary", operator, left, right, span })),
);

const returned: fc.Arbitrary<Argument> = fc
  .option(fc.constantFrom("R", "RTT"), { nil: undefined })
  .map((text) => ({ kind: "return", name: text, span }));

function atoms(args: fc.Arbitrary<Argument>, called: fc.Arbitrary<Name> = names): fc.Arbitrary<Atom> {
  const plain = fc.record({
    name: called,
    location: fc.option(locations, { nil: undefined }),
    locatedArgument: fc.constant(undefined),
    args: fc.array(args, { maxLength: 4 }),
    span: fc.constant(span),
  });
  const located = fc.tuple(called, fc.array(args, { maxLength: 2 }), locations, fc.array(args, { maxLength: 2 })).map(
    ([text, before, location, after]): Atom => ({
      name: text,
      location: undefined,
      locatedArgument: before.length,
      args: [...before, location, ...after],
      span,
    }),
  );
  return fc.oneof(plain, located);
}

const patterns = fc.oneof(
  variables,
  fc.array(variables, { maxLength: 3 }).map((items): Expression => ({ kind: "list", items, span })),
  fc
    .tuple(fc.array(variables, { minLength: 1, maxLength: 3 }), variables)
    .map(([items, tail]): Expression => ({ kind: "list", items, tail, span })),
);

/** Conditions. A single word is an error, and a call of a function without `f_` is read as a predicate. */
const conditions = arbitraryExpression.filter(
  (test) =>
    !(test.kind === "constant" && test.text === test.value) &&
    !(test.kind === "call" && test.name.text === "mine") &&
    !(test.kind === "unary" && test.operator === "!" && test.operand.kind === "call"),
);

const literals: fc.Arbitrary<Literal> = fc.oneof(
  fc
    .tuple(
      fc.boolean(),
      atoms(fc.oneof(arbitraryExpression, returned)),
      fc.option(numbers, { nil: undefined }),
      fc.option(fc.oneof(variables, numbers), { nil: undefined }),
    )
    .map(
      ([negated, atom, timeout, outcome]): Literal => ({
        kind: "predicate",
        negated,
        isFailure: false,
        atom,
        timeout: negated ? undefined : timeout,
        outcome: negated ? undefined : outcome,
        span,
      }),
    ),
  fc.tuple(lowerNames, fc.array(arbitraryExpression, { maxLength: 2 })).map(([view, args]): Literal => {
    const atom: Atom = { name: view, location: undefined, locatedArgument: undefined, args, span };
    return { kind: "predicate", negated: false, isFailure: true, atom, timeout: undefined, outcome: undefined, span };
  }),
  conditions.map((test): Literal => ({ kind: "condition", test, span })),
  fc.tuple(variables, arbitraryExpression).map(([target, value]): Literal => ({ kind: "assign", target, value, span })),
  fc
    .tuple(patterns, arbitraryExpression)
    .map(([pattern, from]): Literal => ({ kind: "member", pattern, list: from, span })),
);

const labels = fc.option(fc.constantFrom("r1", "SB2", "overlay").map(name), { nil: undefined });

const rules = fc.record({
  kind: fc.constant("rule" as const),
  label: labels,
  isDelete: fc.boolean(),
  head: atoms(fc.oneof(arbitraryExpression, aggregates, combinations)),
  body: fc.array(literals, { minLength: 1, maxLength: 4 }),
  span: fc.constant(span),
});

const evicts: fc.Arbitrary<Evict> = fc.oneof(
  fc.constant<Evict>({ policy: "fifo", span }),
  fc
    .tuple(fc.constantFrom("max" as const, "min" as const), fc.integer({ min: 1, max: 9 }))
    .map(([policy, column]): Evict => ({ policy, column, span })),
);

const tables = fc.record({
  kind: fc.constant("materialize" as const),
  name: names,
  lifetime: arbitraryExpression,
  size: arbitraryExpression,
  keys: fc.array(
    fc.integer({ min: 1, max: 9 }).map((column) => ({ column, span })),
    { maxLength: 3 },
  ),
  evict: fc.option(evicts, { nil: undefined }),
  span: fc.constant(span),
});

const views: fc.Arbitrary<ViewDefinition> = fc.record({
  kind: fc.constant("view" as const),
  name: lowerNames,
  location: fc.option(locations, { nil: undefined }),
  inputs: fc.array(variables, { maxLength: 2 }),
  outputs: fc.array(variables, { maxLength: 2 }),
  timeout: fc.option(arbitraryExpression, { nil: undefined }),
  many: fc.boolean(),
  body: fc.array(fc.oneof(rules, tables), { maxLength: 3 }),
  span: fc.constant(span),
});

const types = fc.constantFrom("addr", "int", "string").map(name);

const { type: acceptedTypes } = fc.letrec<{ type: AcceptedType }>((tie) => ({
  type: fc.oneof(
    { depthSize: "small" },
    types.map((one): AcceptedType => ({ kind: "named", name: one, span })),
    fc
      .tuple(types, fc.array(arbitraryExpression, { maxLength: 2 }))
      .map(([one, bounds]): AcceptedType => ({ kind: "bounded", name: one, bounds, span })),
    tie("type").map((item): AcceptedType => ({ kind: "list", name: name("list"), item, span })),
    fc
      .array(tie("type"), { maxLength: 2 })
      .map((items): AcceptedType => ({ kind: "items", name: name("list"), items, span })),
  ),
}));

type AcceptLimits = Pick<AcceptDeclaration, "insert" | "remove" | "from" | "rate" | "rows">;

const UNLIMITED: AcceptLimits = { insert: true, remove: true, from: undefined, rate: undefined, rows: undefined };

const acceptLimits: fc.Arbitrary<AcceptLimits> = fc
  .record({
    insert: fc.boolean(),
    from: fc.option(names, { nil: undefined }),
    rate: fc.option(arbitraryExpression, { nil: undefined }),
    rows: fc.option(arbitraryExpression, { nil: undefined }),
  })
  .map((limits) => ({ ...limits, remove: !limits.insert }));

/** Statements of every kind that the parser can return. */
export const arbitraryStatements: fc.Arbitrary<readonly Statement[]> = fc.array(
  fc.oneof<fc.Arbitrary<Statement>[]>(
    rules,
    fc.record({
      kind: fc.constant("fact" as const),
      label: labels,
      atom: atoms(arbitraryExpression),
      span: fc.constant(span),
    }),
    tables,
    views,
    lowerNames.map((overlay) => ({ kind: "overlay", name: overlay, span })),
    fc
      .tuple(fc.string({ unit: "grapheme-ascii" }), fc.option(lowerNames, { nil: undefined }))
      .map(([path, as]) => ({ kind: "import", path: name(path), as, span })),
    fc
      .tuple(names, fc.array(acceptedTypes), fc.option(acceptLimits, { nil: undefined }))
      .map(([accepted, columns, limits = UNLIMITED]) => ({
        kind: "accept",
        name: accepted,
        types: columns,
        ...limits,
        span,
      })),
    fc.tuple(names, fc.array(types, { minLength: 1 })).map(([signed, columns]) => ({
      kind: "signature",
      name: signed,
      types: columns,
      span,
    })),
    fc.tuple(names, fc.option(fc.constantFrom("id", "idrcs"), { nil: undefined })).map(([watched, modes]) => ({
      kind: "watch",
      name: watched,
      modes,
      span,
    })),
  ),
  { maxLength: 4 },
);
