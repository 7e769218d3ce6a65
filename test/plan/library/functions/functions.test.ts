import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formsOf, resultKinds } from "../../../../runtime/plan/library/functions/signatures.ts";
import { admits, typeBit } from "../../../../runtime/plan/values/column-type.ts";
import { formatValue } from "../../../../runtime/plan/values/format.ts";
import type { Ambient } from "../../../../runtime/plan/contract/function-spec.ts";
import { functionNamed, functionNames, registerFunction } from "../../../../runtime/plan/library/functions/registry.ts";
import { Packet } from "../../../../runtime/plan/values/packet.ts";
import { kindOf, kinds, type Value } from "../../../../runtime/plan/values/value.ts";
import { arbitraryValue } from "../../../arbitrary-value.ts";
import { functionCases } from "./function-cases.ts";

/** Surroundings of a call on a node whose clock shows 12.5, and whose random numbers are all 0.25. */
const ambient: Ambient = {
  now: () => 12.5,
  random: () => 0.25,
  randomId: () => 0xabcn,
  source: () => "10.0.0.9:10000",
};

function call(name: string, ...args: readonly Value[]): Value | undefined {
  return functionNamed(name)?.call(ambient, args);
}

/** Returns the result of a call as a program writes it, or "fails". */
function result(name: string, ...args: readonly Value[]): string {
  const value = call(name, ...args);
  return value === undefined ? "fails" : formatValue(value);
}

const cases = functionCases();

describe.each([...new Set(cases.map(({ section }) => section))])("%s", (section) => {
  const own = cases.filter((one) => one.section === section);

  test.each(own.map(({ call: text, name, args, expected }) => [text, name, args, expected] as const))(
    "%s",
    (_call, name, args, expected) => {
      expect(result(name, ...args)).toBe(expected);
    },
  );
});

test("values that a program cannot write: bytes of a Buffer and packets are hashed, an overlong pattern fails", () => {
  const buffer = Buffer.from("abc");
  expect(result("f_sha1", buffer)).toBe("0xa9993e364706816aba3e25717850c26c9cd0d89dI");
  expect(result("f_sha1", Packet.inTransit(1, 0, buffer))).toBe(
    result("f_sha1", call("f_bytes", Packet.inTransit(1, 0, buffer)) ?? null),
  );
  expect(result("f_match", "x".repeat(257), "x")).toBe("fails");
});

test("every function has a case in cases.txt, and every case is about a function", () => {
  expect([...new Set(cases.map(({ name }) => name))].toSorted()).toEqual(functionNames().toSorted());
});

test("for any arguments a function returns a value of its declared kinds or fails", () => {
  const calls = fc.constantFrom(...functionNames()).chain((name) => {
    const { minArgs, maxArgs } = functionNamed(name) ?? { minArgs: 0, maxArgs: 0 };
    return fc.tuple(
      fc.constant(name),
      fc.array(arbitraryValue(), { minLength: minArgs, maxLength: Math.min(maxArgs, 5) }),
    );
  });
  fc.assert(
    fc.property(calls, ([name, args]) => {
      const value = call(name, ...args);
      expect(value === undefined || admits(functionNamed(name)?.result ?? 0, value)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("in OverLog null is the empty list wherever a function takes a list", () => {
  const [list, none] = [typeBit("list"), typeBit("null")];
  const takesList = (name: string, count: number, at: number): boolean => {
    const fitting = (formsOf(name) ?? []).filter(({ args, isVariadic }) => isVariadic || args.length === count);
    const wanted = fitting.map(({ args }) => args[at] ?? args.at(-1) ?? 0);
    return wanted.some((kinds) => (kinds & list) !== 0 && (kinds & none) === 0);
  };
  const tried = cases.flatMap(({ name, args }) =>
    args.flatMap((_, at) => (takesList(name, args.length, at) ? [{ name, args, at }] : [])),
  );
  const differing = tried.filter(({ name, args, at }) => {
    const [withNull, withEmpty] = [null, []].map((one) => {
      const value = functionNamed(name, true)?.call(ambient, args.with(at, one));
      return value === undefined ? "fails" : formatValue(value);
    });
    return withNull !== withEmpty;
  });
  expect(tried.length).toBeGreaterThan(100);
  expect(differing.map(({ name, at }) => `${name} ${at}`)).toEqual([]);
});

describe("the forms of functions", () => {
  test("exist for every function", () => {
    const typed = functionNames().filter((name) => formsOf(name) !== undefined);
    expect(functionNames().filter((name) => !typed.includes(name) && (functionNamed(name)?.maxArgs ?? 0) > 0)).toEqual(
      [],
    );
  });

  test("admit every result of the cases, and give one kind where the case has one", () => {
    const wrong = cases.filter(({ name, args }) => {
      const value = call(name, ...args);
      return value !== undefined && !admitsForms(name, args, value);
    });
    expect(wrong).toEqual([]);
  });

  test("admit the result for any arguments", () => {
    const calls = fc.constantFrom(...functionNames()).chain((name) => {
      const { minArgs, maxArgs } = functionNamed(name) ?? { minArgs: 0, maxArgs: 0 };
      return fc.tuple(
        fc.constant(name),
        fc.array(arbitraryValue(), { minLength: minArgs, maxLength: Math.min(maxArgs, 5) }),
      );
    });
    fc.assert(
      fc.property(calls, ([name, args]) => {
        const value = call(name, ...args);
        expect(value === undefined || admitsForms(name, args, value)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("declare no kind of result that no sample has", () => {
    const found = new Map<string, number>();
    for (const { name, args } of cases) {
      const value = call(name, ...args);
      if (value !== undefined) found.set(name, (found.get(name) ?? 0) | typeBit(kindOf(value)));
    }
    const excess = [...found].filter(([name, seen]) =>
      (formsOf(name) ?? []).some(
        ({ result, selects }) => selects.length === 0 && result !== ANY && (result & ~seen) !== 0,
      ),
    );
    expect(excess.map(([name]) => name)).toEqual(["f_src"]);
  });
});

const ANY = kinds.reduce((bits, kind) => bits | typeBit(kind), 0);

function admitsForms(name: string, args: readonly Value[], value: Value): boolean {
  const forms = formsOf(name);
  if (forms === undefined) return true;
  const result = resultKinds(
    forms,
    args.map((one) => typeBit(kindOf(one))),
  );
  return (result & typeBit(kindOf(value))) !== 0;
}

test("a pattern with many stars takes no longer than any other", () => {
  expect(result("f_match", `${"*a".repeat(127)}b`, "a".repeat(65_536))).toBe("0");
});

describe("plug-in functions", () => {
  test("an added function can be called, only with arguments of its kinds", () => {
    expect(
      registerFunction("f_twice", { args: ["number"], result: "number", pure: true }, ([x]) => 2 * Number(x)),
    ).toBe(true);
    expect([result("f_twice", 4), result("f_twice", "4")]).toEqual(["8", "fails"]);
    expect(functionNamed("f_twice")).toMatchObject({ minArgs: 1, maxArgs: 1, pure: true });
  });

  test("an exception, and a result of another kind than declared, make the call fail", () => {
    const thrower = (): never => {
      throw new Error("broken");
    };
    registerFunction("f_throws", { args: [], result: "any", pure: true }, thrower);
    registerFunction("f_lies", { args: [], result: "string", pure: true }, () => 5);
    registerFunction("f_nan", { args: [], result: "number", pure: true }, () => NaN);
    registerFunction("f_bigId", { args: [], result: "id", pure: true }, () => -1n);
    expect([result("f_throws"), result("f_lies"), result("f_nan")]).toEqual(["fails", "fails", "fails"]);
    expect(result("f_bigId")).toBe(`0x${"f".repeat(40)}I`);
  });

  test("a result that is no value makes the call fail, and a result is copied", () => {
    const endless: unknown[] = [];
    endless.push(endless);
    const own = [1, [2n ** 160n, "\ud800"]];
    const given: readonly unknown[] = [{}, Promise.resolve(1), new Date(), [undefined], [[NaN]], () => 1, endless, own];
    const reasons: string[] = [];
    for (const [at, value] of given.entries()) {
      registerFunction(
        `f_gives${at}`,
        { args: [], result: "any", pure: false },
        () => value as Value,
        (why) => reasons.push(why),
      );
    }
    const results = given.map((_, at) => result(`f_gives${at}`));
    expect(results).toEqual([...Array.from({ length: 7 }, () => "fails"), '[1, [0x0I, "\ufffd"]]']);
    expect(reasons).toEqual([
      ...Array.from({ length: 6 }, () => "its result is no value"),
      "its result nests lists more than 64 deep",
    ]);
  });

  test("an impure function can read the clock of the node", () => {
    registerFunction("f_clock", { args: [], result: "number", pure: false }, (_, node) => node.now());
    expect(result("f_clock")).toBe("12.5");
  });

  test("a name that is taken, or that no program can write, is refused", () => {
    const signature = { args: [], result: "any", pure: true } as const;
    expect(["f_sha1", "Twice", "f twice", ""].map((name) => registerFunction(name, signature, () => null))).toEqual(
      Array.from({ length: 4 }, () => false),
    );
  });
});
