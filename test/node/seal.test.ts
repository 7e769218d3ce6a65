import { expect, test } from "vitest";
import { Nonces } from "../../runtime/engine/nonces.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import { IsolatedWorld } from "../../runtime/world/isolated-world.ts";
import { planOf } from "../plan/library/functions/function-cases.ts";

const ADDRESS = "10.0.0.1:10000";
const KEY: Uint8Array = new Uint8Array(32).fill(7);

const RULES = `
materialize(sealed, infinity, infinity, keys(1)).
materialize(opened, infinity, infinity, keys(1)).
a: sealed(N, S) :- put(N, X), S := f_seal("link", f_bytes(X), b"01", b"0a0b0c0d").
b: sealed(N, S) :- plain(N, X), S := f_seal("link", f_bytes(X), b"01").
e: sealed(N, S) :- some(N, X), S := f_seal("link", f_bytes(X), b"01", b"0a0b0c0d"), N > 2, !sealed(N, _).
c: opened(N, T) :- ask(N, Extra), sealed(N, [Nonce, Cipher]), T := f_text(f_open("link", Nonce, Cipher, Extra)).
d: opened(N, C) :- code(N), C := f_hmac("link", "x").
`;

function node(seed: number, secrets: ReadonlyMap<string, Uint8Array> = new Map([["link", KEY]])) {
  const world = new IsolatedWorld(ADDRESS, 0, seed);
  const logs: string[] = [];
  const one = new Node(loadProgram(planOf(RULES)), world, {
    names: [ADDRESS],
    facts: [],
    watch: [],
    secrets,
    onLog: (text) => logs.push(text),
    onFailure: (text) => logs.push(text),
  });
  one.start();
  const raise = (name: string, ...args: Values): void => {
    one.insert(name, args);
    world.clock.runPending();
  };
  const rows = (name: string): readonly Values[] => one.rows(name) ?? [];
  return { raise, rows, logs };
}

function nonceOf(row: Values | undefined): Uint8Array {
  const [nonce] = (row?.[1] ?? []) as readonly Value[];
  return nonce as Uint8Array;
}

test("f_open gives back what f_seal sealed with the same secret and extra bytes, and fails otherwise", () => {
  const { raise, rows } = node(1);
  raise("put", 1, "hello");
  raise("plain", 2, "");
  raise("ask", 1, Uint8Array.of(2));
  expect(rows("opened")).toEqual([]);
  raise("ask", 1, Uint8Array.of(1));
  raise("ask", 2, Uint8Array.of(1));
  expect(rows("opened")).toEqual([
    [1, "hello"],
    [2, ""],
  ]);
});

test("nonces begin with the prefix, then count, and depend on the seed of the simulator alone", () => {
  const [one, same, other] = [node(1), node(1), node(2)].map(({ raise, rows }) => {
    for (const number of [1, 2, 3]) raise("put", number, "hello");
    return rows("sealed").map(nonceOf);
  });
  expect(one?.map((nonce) => [nonce.length, ...nonce.slice(0, 4)])).toEqual([1, 2, 3].map(() => [12, 10, 11, 12, 13]));
  const numbers = one?.map((nonce) => new DataView(nonce.buffer).getBigUint64(4)) ?? [];
  expect(numbers).toEqual([0n, 1n, 2n].map((more) => BigInt.asUintN(64, (numbers[0] as bigint) + more)));
  expect(same).toEqual(one);
  expect(other).not.toEqual(one);
});

test("a derivation that another literal ends uses no nonce", () => {
  const { raise, rows } = node(1);
  raise("put", 1, "hello");
  raise("some", 2, "hello");
  raise("some", 3, "hello");
  raise("put", 4, "hello");
  const numbers = rows("sealed").map((row) => new DataView(nonceOf(row).buffer).getBigUint64(4));
  expect(numbers.map((number) => number - (numbers[0] as bigint))).toEqual([0n, 1n, 2n]);
});

test("the counter of nonces carries into all its bytes", () => {
  const nonces = new Nonces(() => 1 - 2 ** -32);
  const next = (prefix: Uint8Array): readonly number[] => {
    const nonce = new Uint8Array(12);
    nonces.next(prefix, nonce);
    return [...nonce];
  };
  expect(next(new Uint8Array(0))).toEqual(Array.from({ length: 12 }, () => 0));
  expect(next(Uint8Array.of(9))).toEqual([9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
});

test("a call without its secret fails, and its report does not show a secret", () => {
  const { raise, rows, logs } = node(1, new Map());
  raise("code", 1);
  expect(rows("opened")).toEqual([]);
  const known = node(1);
  known.raise("put", 1, 5);
  known.raise("code", 1);
  expect(known.rows("opened").map(([number, code]) => [number, (code as Uint8Array).length])).toEqual([[1, 32]]);
  expect([...logs, ...known.logs].join()).not.toContain(Buffer.from(KEY).toString("hex"));
});

test("the plan lists the secrets that rules name", () => {
  expect(planOf(RULES).secrets).toEqual(["link"]);
});
