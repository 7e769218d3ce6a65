import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Address } from "../../../../runtime/plan/values/address.ts";
import * as operators from "../../../../runtime/plan/library/operators/operators.ts";
import type { Value } from "../../../../runtime/plan/values/value.ts";
import { arbitraryId, arbitraryValue } from "../../../arbitrary-value.ts";

const { add, subtract, multiply, divide, modulo, shiftLeft, shiftRight, bitAnd, bitOr, bitXor } = operators;

type Operation = (left: Value | undefined, right: Value | undefined) => Value | undefined;

const operations: Readonly<Record<string, Operation>> = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "%": modulo,
  "<<": shiftLeft,
  ">>": shiftRight,
  "&": bitAnd,
  "|": bitOr,
  "^": bitXor,
};

const unary: Readonly<Record<string, (value: Value | undefined) => Value | undefined>> = {
  negate: operators.negate,
  complement: operators.complement,
  not: operators.not,
  isTrue: operators.isTrue,
};

const MAX = Number.MAX_SAFE_INTEGER;
const TOP = 2n ** 160n - 1n;
const whole = fc.maxSafeInteger();
const id = arbitraryId();

describe("arithmetic", () => {
  test.each<[Value, string, Value, Value | undefined]>([
    [1, "+", 2, 3],
    [0.5, "*", 3, 1.5],
    [7, "/", 2, 3.5],
    [-7, "%", 3, -1],
    [5.5, "%", 2, 1.5],
    [Infinity, "+", 1, Infinity],
    [1e300, "*", 1e300, Infinity],
    [Infinity, "-", Infinity, undefined],
    [0, "*", Infinity, undefined],
    [1, "/", 0, undefined],
    [1, "%", 0, undefined],
    [MAX, "+", 1, undefined],
    [-MAX, "-", 1, undefined],
    [2 ** 52, "*", 2, undefined],
    [MAX, "+", 0.5, 2 ** 53],
    [2 ** 53, "+", 1, undefined],
    [2 ** 53, "+", 0, 2 ** 53],
    [2 ** 53, "*", 1, 2 ** 53],
    [-(2 ** 53), "-", 0, -(2 ** 53)],
    [2 ** 53, "/", 1, 2 ** 53],
    [2 ** 53, "%", Infinity, 2 ** 53],
    [2 ** 53, "&", 2 ** 53, 2 ** 53],
    [2 ** 53, "|", 1, undefined],
    [2 ** 53, ">>", 1, 2 ** 52],
    [2 ** 53, "<<", 0, 2 ** 53],
    [2 ** 53, "-", 1, MAX],
    ["con", "+", "cat", "concat"],
    [[1, 2], "+", [3], [1, 2, 3]],
    ["a", "+", 1, undefined],
    [1, "+", "a", undefined],
    ["a", "-", "a", undefined],
    [true, "+", 1, undefined],
    [null, "+", null, undefined],
    [[1], "+", 2, undefined],
  ])("%j %s %j is %j", (left, operator, right, expected) => {
    expect(operations[operator]?.(left, right)).toEqual(expected);
  });

  test("integers are exact, or the operation fails", () => {
    fc.assert(
      fc.property(whole, whole, fc.constantFrom("+", "-", "*"), (left, right, operator) => {
        const exact = { "+": (a: bigint, b: bigint) => a + b, "-": (a: bigint, b: bigint) => a - b, "*": product }[
          operator
        ];
        const expected = exact?.(BigInt(left), BigInt(right)) ?? 0n;
        const fits = expected >= -BigInt(MAX) && expected <= BigInt(MAX);
        const result = operations[operator]?.(left, right);
        expect(result === undefined ? undefined : BigInt(result as number)).toBe(fits ? expected : undefined);
      }),
    );
  });
});

function product(left: bigint, right: bigint): bigint {
  return left * right;
}

describe("ids are integers modulo 2^160", () => {
  test.each<[Value, string, Value, Value | undefined]>([
    [TOP, "+", 1n, 0n],
    [TOP, "+", 1, 0n],
    [0n, "-", 1, TOP],
    [0n, "+", -1, TOP],
    [1, "-", 2n, TOP],
    [5n, "-", 7n, TOP - 1n],
    [TOP, "*", 2, TOP - 1n],
    [7n, "/", 2, 3n],
    [7n, "%", 4n, 3n],
    [1n, "/", 0, undefined],
    [1n, "%", 0n, undefined],
    [1n, "+", 0.5, undefined],
    [1n, "+", Infinity, undefined],
    [1n, "+", "a", undefined],
    [1n, "<<", 159, 2n ** 159n],
    [1n, "<<", 160, 0n],
    [3n, "<<", 159, 2n ** 159n],
    [TOP, ">>", 159, 1n],
    [TOP, ">>", 1e15, 0n],
    [1n, "<<", 1n, undefined],
    [1n, "<<", -1, undefined],
    [TOP, "&", 255, 255n],
    [0n, "|", -1, TOP],
    [TOP, "^", TOP, 0n],
  ])("%s %s %s is %s", (left, operator, right, expected) => {
    expect(operations[operator]?.(left, right)).toEqual(expected);
  });

  test("a sum minus one operand is the other", () => {
    fc.assert(
      fc.property(id, id, (a, b) => {
        expect([subtract(add(a, b), b), subtract(add(a, b), a)]).toEqual([a, b]);
      }),
    );
  });

  test("every result is an id", () => {
    fc.assert(
      fc.property(id, id, fc.constantFrom("+", "-", "*", "&", "|", "^"), (a, b, operator) => {
        const result = operations[operator]?.(a, b);
        expect(typeof result === "bigint" && result >= 0n && result <= TOP).toBe(true);
      }),
    );
  });
});

describe("bits of integers", () => {
  test.each<[Value, string, Value, Value | undefined]>([
    [2 ** 40 + 5, "&", 2 ** 40 + 3, 2 ** 40 + 1],
    [2 ** 31, "|", 1, 2 ** 31 + 1],
    [2 ** 52, "^", 2 ** 52 + 1, 1],
    [-1, "&", 2 ** 45, 2 ** 45],
    [-8, ">>", 1, -4],
    [-1, ">>", 1000, -1],
    [2 ** 52, ">>", 50, 4],
    [5, ">>", 1000, 0],
    [1, "<<", 52, 2 ** 52],
    [1, "<<", 53, undefined],
    [-1, "<<", 52, -(2 ** 52)],
    [0, "<<", 5000, 0],
    [1, "<<", 5000, undefined],
    [1.5, "<<", 1, undefined],
    [1, "<<", 0.5, undefined],
    [1, ">>", -1, undefined],
    [1.5, "&", 1, undefined],
    [true, "&", true, undefined],
  ])("%s %s %s is %s", (left, operator, right, expected) => {
    expect(operations[operator]?.(left, right)).toEqual(expected);
  });

  test("follow two's complement of any width", () => {
    fc.assert(
      fc.property(whole, whole, fc.constantFrom("&", "|", "^"), (left, right, operator) => {
        const [a, b] = [BigInt(left), BigInt(right)];
        const expected = Number(operator === "&" ? a & b : operator === "|" ? a | b : a ^ b);
        expect(operations[operator]?.(left, right)).toBe(Number.isSafeInteger(expected) ? expected : undefined);
      }),
    );
  });

  test("a shift right rounds down", () => {
    fc.assert(
      fc.property(whole, fc.integer({ min: 0, max: 100 }), (number, places) => {
        expect(shiftRight(number, places)).toBe(Number(BigInt(number) >> BigInt(places)));
      }),
    );
  });
});

describe("unary operators", () => {
  test.each<[string, Value, Value | undefined]>([
    ["negate", 5, -5],
    ["negate", 0, 0],
    ["negate", 1n, TOP],
    ["negate", "a", undefined],
    ["complement", 0, -1],
    ["complement", MAX, undefined],
    ["complement", 0n, TOP],
    ["complement", 0.5, undefined],
    ["not", true, false],
    ["not", 0, true],
    ["not", 2, false],
    ["not", "true", undefined],
    ["isTrue", true, true],
    ["isTrue", 1, true],
    ["isTrue", 0, false],
    ["isTrue", -0.5, true],
    ["isTrue", NaN, undefined],
    ["isTrue", "", undefined],
    ["isTrue", null, undefined],
    ["isTrue", 1n, undefined],
  ])("%s %s is %s", (name, value, expected) => {
    expect(unary[name]?.(value)).toBe(expected);
  });
});

describe("intervals", () => {
  test.each<[string, boolean | undefined]>([
    ["5n in (1n, 9n)", true],
    ["1n in (1n, 9n)", false],
    ["1n in [1n, 9n)", true],
    ["9n in (1n, 9n)", false],
    ["9n in (1n, 9n]", true],
    ["0n in (9n, 1n)", true],
    ["10n in (9n, 1n)", true],
    ["5n in (9n, 1n)", false],
    ["9n in (9n, 1n]", false],
    ["1n in (9n, 1n]", true],
    ["7n in (7n, 7n]", true],
    ["7n in [7n, 7n)", true],
    ["7n in (7n, 7n)", false],
    ["8n in (7n, 7n)", true],
    ["2 in (1, 3)", true],
    ["3 in (1, 3)", false],
    ["3 in (1, 3]", true],
    ["1 in [1, 3]", true],
    ["2 in (3, 1)", false],
    ["2 in (2, 2]", false],
    ["2 in [2, 2]", true],
    ['"b" in ("a", "c")', true],
    ['"c" in ("a", "c")', false],
    ["1n in (0, 5)", undefined],
    ["1 in (0n, 5)", undefined],
    ['1 in (0, "z")', undefined],
    ["null in (null, null]", undefined],
    ["true in [false, true]", undefined],
  ])("%s: %s", (text, expected) => {
    const [, value = "", open, low = "", high = "", close] = /^(.+) in ([[(])(.+), (.+)([\])])$/.exec(text) ?? [];
    const parts = [value, low, high].map(literal) as [Value, Value, Value];
    expect(operators.inInterval(...parts, open === "[", close === "]")).toBe(expected);
  });

  test("an arc and its complement are the whole ring", () => {
    fc.assert(
      fc.property(id, id, id, (x, a, b) => {
        fc.pre(a !== b);
        expect(operators.inInterval(x, a, b, false, true)).toBe(!operators.inInterval(x, b, a, false, true));
      }),
    );
  });

  test("a walk upwards from the low end meets every member no later than the high end", () => {
    fc.assert(
      fc.property(id, id, id, (x, a, b) => {
        fc.pre(a !== b && x !== a);
        const way = (to: bigint): bigint => BigInt.asUintN(160, to - a);
        expect(operators.inInterval(x, a, b, false, true)).toBe(way(x) <= way(b));
      }),
    );
  });
});

function literal(text: string): Value {
  return text.endsWith("n") ? BigInt(text.slice(0, -1)) : (JSON.parse(text) as Value);
}

describe("addresses", () => {
  test.each<[string, Value]>([
    ['ron::"10.0.0.1:1"', "10.0.0.1:1"],
    ["ron::0x12I", 0x12n],
    ['ron::i3::"a"', new Address("i3", "a")],
    ['ron::["a", i3::0x1I]', ["a", new Address("i3", 1n)]],
  ])("%s", (text, node) => {
    expect(operators.makeAddress("ron", node, [])?.text).toBe(text);
  });

  test("options follow the node", () => {
    expect(operators.makeAddress("overqos", "a", [0.02])?.text).toBe('overqos::("a", 0.02)');
  });

  test.each<[string, Value]>([
    ["null", null],
    ["a number", 3],
    ["a boolean", true],
    ["bytes", new Uint8Array(4)],
    ["an empty route", []],
    ["a route through a number", ["a", 3]],
    ["a route through a route", [["a"]]],
  ])("%s is no node", (_, node) => {
    expect(operators.makeAddress("ron", node, [])).toBeUndefined();
  });
});

describe("for any operands", () => {
  const missing = fc.constantFrom<readonly [boolean, boolean]>([true, false], [false, true], [true, true]);

  test("no operation throws", () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), arbitraryValue(), (a, b, c) => {
        expect(() => results(a, b, c)).not.toThrow();
      }),
    );
  });

  test("every operation with an undefined operand fails", () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), missing, (left, right, [noLeft, noRight]) => {
        const [a, b] = [noLeft ? undefined : left, noRight ? undefined : right];
        const binary = Object.values(operations).map((operation) => operation(a, b));
        const others = [operators.inInterval(1, a, b, true, true), operators.makeAddress("ron", a, b)];
        expect([...binary, ...others].filter((result) => result !== undefined)).toEqual([]);
      }),
    );
    expect(Object.values(unary).map((operation) => operation(undefined))).toEqual(Array.from(Array(4)));
  });

  test("no operation on numbers gives NaN, except the negation of NaN", () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), fc.constantFrom(...Object.values(operations)), (a, b, operation) => {
        expect(operation(a, b)).not.toBeNaN();
      }),
    );
  });

  test("a result beyond the size limit fails", () => {
    const long = "x".repeat(2 ** 23 + 1);
    expect([add(long, long), add(long, "y")]).toEqual([undefined, `${long}y`]);
  });
});

function results(a: Value, b: Value, c: Value): readonly (Value | undefined)[] {
  return [
    ...Object.values(operations).map((operation) => operation(a, b)),
    ...Object.values(unary).map((operation) => operation(a)),
    operators.inInterval(a, b, c, true, false),
    operators.makeAddress("ron", a, b),
  ];
}
