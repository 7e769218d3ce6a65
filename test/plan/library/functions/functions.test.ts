import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Address } from "../../../../runtime/plan/values/address.ts";
import { admits } from "../../../../runtime/plan/values/column-type.ts";
import { formatValue } from "../../../../runtime/plan/values/format.ts";
import type { Ambient } from "../../../../runtime/plan/contract/function-spec.ts";
import { functionNamed, functionNames, registerFunction } from "../../../../runtime/plan/library/functions/registry.ts";
import { Packet } from "../../../../runtime/plan/values/packet.ts";
import type { Value } from "../../../../runtime/plan/values/value.ts";
import { arbitraryValue } from "../../../arbitrary-value.ts";

/** A node at 12.5 seconds whose every draw is 0.25. */
const ambient: Ambient = {
  now: () => 12.5,
  random: () => 0.25,
  randomId: () => 0xabcn,
  source: () => "10.0.0.9:10000",
};

function call(name: string, ...args: readonly Value[]): Value | undefined {
  return functionNamed(name)?.call(ambient, args);
}

/** What a call gives, as a program would write it. */
function result(name: string, ...args: readonly Value[]): string {
  const value = call(name, ...args);
  return value === undefined ? "fails" : formatValue(value);
}

type Case = readonly [name: string, args: readonly Value[], expected: string];

const A = [1, 2, 3] as const;
const RON = new Address("ron", "10.0.0.1:5");
const BYTES = Uint8Array.of(1, 2, 254, 255, 16);

const cases: Readonly<Record<string, readonly Case[]>> = {
  numbers: [
    ["f_max", [1, 2], "2"],
    ["f_max", ["NIL", 5], '"NIL"'],
    ["f_min", [1, 2], "1"],
    ["f_min", [null, 5], "null"],
    ["f_mod", [7, 4], "3"],
    ["f_mod", [7, 0], "fails"],
    ["f_pow", [2, 10], "1024"],
    ["f_pow", [2, 52], "4503599627370496"],
    ["f_pow", [2, 53], "fails"],
    ["f_pow", [2, -2], "0.25"],
    ["f_pow", [-3, 3], "-27"],
    ["f_pow", [1.5, 2], "2.25"],
    ["f_pow", [0, -1], "fails"],
    ["f_pow", [5, 0], "1"],
    ["f_pow", [2n, 159], "0x8000000000000000000000000000000000000000I"],
    ["f_pow", [2n, 160], "0x0I"],
    ["f_pow", [2n, -1], "fails"],
    ["f_pow", [9, 0.5], "3"],
    ["f_pow", [-9, 0.5], "fails"],
    ["f_pow", [9, 0.25], "fails"],
    ["f_pow", ["a", 0], "fails"],
    ["f_pow", [1, 2 ** 53 - 1], "1"],
    ["f_toint", [2.9], "2"],
    ["f_toint", [-2.9], "-2"],
    ["f_toint", ["42"], "42"],
    ["f_toint", ["-4.7"], "-4"],
    ["f_toint", ["0x1f"], "31"],
    ["f_toint", ["4 2"], "fails"],
    ["f_toint", [""], "fails"],
    ["f_toint", ["9007199254740993"], "fails"],
    ["f_toint", [7n], "7"],
    ["f_toint", [2n ** 60n], "fails"],
    ["f_toint", [true], "1"],
    ["f_toint", [Infinity], "fails"],
    ["f_toint", [null], "fails"],
    ["f_tostr", ["a"], '"a"'],
    ["f_tostr", [1.5], '"1.5"'],
    ["f_tostr", [0x1fn], '"0x1fI"'],
    ["f_tostr", [["a", 1]], '"[\\"a\\", 1]"'],
    ["f_tostr", [RON], '"ron::\\"10.0.0.1:5\\""'],
    ["f_typeOf", [1n], '"id"'],
    ["f_typeOf", [RON], '"address"'],
    ["f_ifelse", [true, 1, 2], "1"],
    ["f_ifelse", [0, 1, 2], "2"],
    ["f_ifelse", ["no", 1, 2], "fails"],
    ["f_timeDuration", [12.5, 10], "2.5"],
    ["f_timeDuration", [12.5, 10n], "fails"],
  ],
  lists: [
    ["f_initlist", [], "[]"],
    ["f_initlist", [1, "a"], '[1, "a"]'],
    ["f_initSet", ["b", 3, 1, 3], '[1, 3, "b"]'],
    ["f_cons", [0, A], "[0, 1, 2, 3]"],
    ["f_cons", [0, 1], "fails"],
    ["f_append", [A, 4], "[1, 2, 3, 4]"],
    ["f_append", [A, A], "[1, 2, 3, [1, 2, 3]]"],
    ["f_append", ["a"], '["a"]'],
    ["f_append", ["a", "b"], "fails"],
    ["f_concat", [A, [4]], "[1, 2, 3, 4]"],
    ["f_concat", ["a", "b"], '"ab"'],
    ["f_concat", [BYTES, BYTES.subarray(0, 1)], 'b"0102feff1001"'],
    ["f_concat", [1, 2], "fails"],
    ["f_concat", [A, "a"], "fails"],
    ["f_car", [A], "1"],
    ["f_car", [[]], "fails"],
    ["f_cdr", [A], "[2, 3]"],
    ["f_cdr", [[]], "fails"],
    ["f_last", [A], "3"],
    ["f_last", [[]], "fails"],
    ["f_removeLast", [A], "[1, 2]"],
    ["f_removeLast", [[]], "fails"],
    ["f_item", [A, 1], "1"],
    ["f_item", [A, 3], "3"],
    ["f_item", [A, 0], "fails"],
    ["f_item", [A, 4], "fails"],
    ["f_item", [A, 1.5], "fails"],
    ["f_member", [A, 2], "1"],
    ["f_member", [A, 9], "0"],
    ["f_member", [[[1]], [1]], "1"],
    ["f_member", ["abc", "a"], "fails"],
    ["f_contains", [A, 2], "1"],
    ["f_contains", ["abc", "bc"], "1"],
    ["f_contains", ["abc", "d"], "0"],
    ["f_contains", ["abc", 1], "fails"],
    [
      "f_intersect",
      [
        [1, 2, 2, [3]],
        [[3], 2],
      ],
      "[2, [3]]",
    ],
    ["f_intersect", [A, 1], "fails"],
    ["f_subset", [[3, 1], A], "1"],
    ["f_subset", [[], A], "1"],
    ["f_subset", [[4], A], "0"],
    ["f_size", [A], "3"],
    ["f_size", ["añ😀"], "3"],
    ["f_size", [BYTES], "5"],
    ["f_size", [5], "fails"],
    ["f_empty", [], "[]"],
    ["f_empty", [[]], "1"],
    ["f_empty", ["a"], "0"],
    ["f_empty", [5], "fails"],
    ["f_reverse", [A], "[3, 2, 1]"],
    ["f_sort", [["b", 2, 1, null]], '[null, 1, 2, "b"]'],
    ["f_sort", ["ba"], "fails"],
  ],
  strings: [
    ["f_strfind", ["b", "abc"], "1"],
    ["f_strfind", ["c", "a😀c"], "2"],
    ["f_strfind", ["d", "abc"], "-1"],
    ["f_strfind", [1, "abc"], "fails"],
    ["f_match", ["*.mzl", "ron.mzl"], "1"],
    ["f_match", ["*.mzl", "ron.mzlx"], "0"],
    ["f_match", ["r?n", "ron"], "1"],
    ["f_match", ["r?n", "roon"], "0"],
    ["f_match", ["?", "😀"], "1"],
    ["f_match", ["", ""], "1"],
    ["f_match", ["*", ""], "1"],
    ["f_match", ["**a*", "bab"], "1"],
    ["f_match", ["a.c", "abc"], "0"],
    ["f_match", ["x".repeat(257), "x"], "fails"],
    ["f_strReplace", ["a-b-c", "-", "::"], '"a::b::c"'],
    ["f_strReplace", ["a.c", ".", "$&"], '"a$&c"'],
    ["f_strReplace", ["abc", "", "x"], "fails"],
    ["f_substr", ["abcdef", 2, 3], '"cde"'],
    ["f_substr", ["abcdef", 4, 9], '"ef"'],
    ["f_substr", ["a😀c", 1, 1], '"😀"'],
    ["f_substr", ["abc", 1], '"bc"'],
    ["f_substr", ["abc", 9, 1], '""'],
    ["f_substr", ["abc", -1, 1], "fails"],
    ["f_split", ["a,b,,c", ","], '["a", "b", "", "c"]'],
    ["f_split", ["a😀", ""], '["a", "😀"]'],
    ["f_lower", ["ÄbC"], '"äbc"'],
    ["f_lower", [1], "fails"],
  ],
  bytes: [
    ["f_bytes", ["é"], 'b"c3a9"'],
    ["f_bytes", [1n], 'b"0000000000000000000000000000000000000001"'],
    ["f_bytes", [[1, 255]], 'b"01ff"'],
    ["f_bytes", [[256]], "fails"],
    ["f_bytes", [1], "fails"],
    ["f_slice", [BYTES, 1, 2], 'b"02fe"'],
    ["f_slice", [BYTES, 3], 'b"ff10"'],
    ["f_slice", [BYTES, 5, 0], 'b""'],
    ["f_slice", [BYTES, 4, 2], "fails"],
    ["f_slice", [BYTES, 6], "fails"],
    ["f_slice", [A, 1, 1], "[2]"],
    ["f_u8", [BYTES, 3], "255"],
    ["f_u8", [BYTES, 5], "fails"],
    ["f_u8", [BYTES, -1], "fails"],
    ["f_u16", [BYTES, 2], "65279"],
    ["f_u16", [BYTES, 4], "fails"],
    ["f_u32", [BYTES, 1], "50265872"],
    ["f_u32", [Uint8Array.of(255, 255, 255, 255), 0], "4294967295"],
    ["f_u32", [Uint8Array.of(1), 0], "fails"],
    ["f_pack", ["12b", 7, 80, "GET"], 'b"070050474554"'],
    ["f_pack", ["4", 4294967295], 'b"ffffffff"'],
    ["f_pack", [""], 'b""'],
    ["f_pack", ["1", 256], "fails"],
    ["f_pack", ["1"], "fails"],
    ["f_pack", ["3", 1], "fails"],
    ["f_pack", ["1", -1], "fails"],
  ],
  addresses: [
    ["f_overlay", [RON], '"ron"'],
    ["f_overlay", ["10.0.0.1:5"], '"ip"'],
    ["f_overlay", [1n], "fails"],
    ["f_node", [RON], '"10.0.0.1:5"'],
    ["f_node", [new Address("i3", 5n)], "0x5I"],
    ["f_node", ["10.0.0.1:5"], '"10.0.0.1:5"'],
    ["f_node", [null], "fails"],
    ["f_host", ["10.0.0.1:5"], '"10.0.0.1"'],
    ["f_host", ["[fd00::1]:80"], '"fd00::1"'],
    ["f_host", ["localhost"], "fails"],
    ["f_host", [RON], "fails"],
    ["f_port", ["[fd00::1]:80"], "80"],
    ["f_port", ["localhost:65536"], "fails"],
    ["f_src", [], '"10.0.0.9:10000"'],
  ],
  "time, chance and hashes": [
    ["f_now", [], "12.5"],
    ["f_rand", [], "536870912"],
    ["f_rand", [10], "2"],
    ["f_rand", [0], "fails"],
    ["f_drand", [], "0.25"],
    ["f_drand", [10, 14], "11"],
    ["f_drand", [14, 10], "fails"],
    ["f_randID", [], "0xabcI"],
    ["f_idgen", [], "0xabcI"],
    ["f_coinFlip", [0.3], "1"],
    ["f_coinFlip", [0.25], "0"],
    ["f_coinFlip", ["x"], "fails"],
    ["f_sha1", ["abc"], "0xa9993e364706816aba3e25717850c26c9cd0d89dI"],
    ["f_sha1", [Buffer.from("abc")], "0xa9993e364706816aba3e25717850c26c9cd0d89dI"],
    ["f_sha1", [5], "0xac3478d69a3c81fa62e60f5c3696165a4e5e6ac4I"],
    ["f_sha1", [Packet.inTransit(1, 0, BYTES)], "fails"],
  ],
};

describe.each(Object.entries(cases))("%s", (_, list) => {
  test.each(
    list.map(
      ([name, args, expected]) =>
        [`${name}(${args.map(formatValue).join(", ").slice(0, 60)})`, name, args, expected] as const,
    ),
  )("%s", (_call, name, args, expected) => {
    expect(result(name, ...args)).toBe(expected);
  });
});

test("every function of the language is there, and has a case here", () => {
  const named =
    `f_now f_rand f_drand f_randID f_idgen f_coinFlip f_sha1 f_tostr f_toint f_typeOf f_max f_min f_mod f_pow
    f_ifelse f_timeDuration f_initlist f_cons f_car f_cdr f_append f_concat f_member f_contains f_intersect f_subset f_size
    f_empty f_item f_last f_removeLast f_reverse f_sort f_initSet f_strfind f_match f_strReplace f_substr f_split f_lower
    f_bytes f_slice f_u8 f_u16 f_u32 f_pack f_overlay f_node f_host f_port f_src`.split(/\s+/);
  const tested = new Set(Object.values(cases).flatMap((list) => list.map(([name]) => name)));
  expect(functionNames().toSorted()).toEqual(named.toSorted());
  expect([...tested].toSorted()).toEqual(named.toSorted());
});

test("whatever the arguments, a function gives a value of its declared kinds or fails", () => {
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

test("a pattern full of stars takes no longer than any other", () => {
  expect(result("f_match", `${"*a".repeat(127)}b`, "a".repeat(65_536))).toBe("0");
});

describe("functions from outside", () => {
  test("one that is added can be called, with arguments of its kinds only", () => {
    expect(
      registerFunction("f_twice", { args: ["number"], result: "number", pure: true }, ([x]) => 2 * Number(x)),
    ).toBe(true);
    expect([result("f_twice", 4), result("f_twice", "4")]).toEqual(["8", "fails"]);
    expect(functionNamed("f_twice")).toMatchObject({ minArgs: 1, maxArgs: 1, pure: true });
  });

  test("what it throws, and a result of another kind than it declared, is its failure", () => {
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

  test("what it gives that is no value is its failure, and what it gives is its own no more", () => {
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
      "Maximum call stack size exceeded",
    ]);
  });

  test("it may ask the node when it says that it is impure", () => {
    registerFunction("f_clock", { args: [], result: "number", pure: false }, (_, node) => node.now());
    expect(result("f_clock")).toBe("12.5");
  });

  test("a name that is taken, or that no program could write, is refused", () => {
    const signature = { args: [], result: "any", pure: true } as const;
    expect(["f_sha1", "Twice", "f twice", ""].map((name) => registerFunction(name, signature, () => null))).toEqual(
      Array.from({ length: 4 }, () => false),
    );
  });
});
