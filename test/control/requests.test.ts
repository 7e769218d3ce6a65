import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "../../runtime/control/line-splitter.ts";
import { AskedNode } from "./asked-node.ts";

const PROGRAM = `
materialize(t, infinity, infinity, keys(1)).
materialize(d, infinity, infinity, keys(1)).
materialize(n, infinity, infinity, keys(1)).
t("a", 1).
accept n(number) insert.
v: d(X) :- t(X, _).
e: t(X, Y) :- put(X, Y).
endless: endless(X + 1) :- endless(X).
`;

test("insert, delete and events take effect before the reply", () => {
  const asked = new AskedNode(PROGRAM);
  const outcome = (action: string, text: string): readonly unknown[] => [
    asked.request({ do: action, text }),
    asked.node.rows("t"),
  ];
  const ok = [{ id: 1, ok: true }];
  expect(outcome("insert", 't("b", 2). t("c", 3)')).toEqual([
    ok,
    [
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ],
  ]);
  expect(outcome("insert", 'put("a", 9)')).toEqual([
    ok,
    [
      ["b", 2],
      ["c", 3],
      ["a", 9],
    ],
  ]);
  expect(outcome("delete", 't("b", 0)')).toEqual([
    ok,
    [
      ["c", 3],
      ["a", 9],
    ],
  ]);
});

test.for([
  { text: 'tt("b", 2)', says: "the node has no predicate `tt`" },
  { text: 't("b")', says: "`t` has 1 argument here and 2 elsewhere" },
  { text: "t(X, 1)", says: "the arguments of the fact `t` must be constants" },
  { text: 't("b", count<*>)', says: "the arguments of the fact `t` must be constants" },
  { text: 't("b", @min<X>)', says: "the arguments of the fact `t` must be constants" },
  { text: 'n("x")', says: "column 1 of `n` must be of type number" },
  {
    text: 'd("z")',
    says: "rule `v` (asked.mzl:7) defines `d`, a derived table, so only its rules insert and delete its rows",
  },
  { text: 't("b", 2) :- put(_, _)', says: "this is not a fact" },
  { text: "", says: "this is not a fact" },
  { text: "periodic(1)", says: "the node has no predicate `periodic`" },
])("insert $text: $says, and nothing is changed", ({ text, says }) => {
  const asked = new AskedNode(PROGRAM);
  const [reply] = asked.request({ do: "insert", text });
  expect(reply).toMatchObject({ ok: false, error: { reason: "program", message: says } });
  expect(asked.node.rows("t")).toEqual([["a", 1]]);
  expect(asked.control.counters.refused.get("program")).toBe(1);
});

test("a request that makes rules run for ever is undone", () => {
  const [reply] = new AskedNode(PROGRAM).request({ do: "insert", text: "endless(1)" });
  expect(reply).toMatchObject({ ok: false, error: { reason: "limit" } });
});

test.for([
  { line: "{", reason: "malformed" },
  { line: "[]", reason: "malformed" },
  { line: "null", reason: "malformed" },
  { line: '{"v":1,"id":7}', reason: "malformed" },
  { line: '{"v":1,"id":7,"do":"constructor"}', reason: "malformed" },
  { line: '{"v":1,"id":7,"do":"query"}', reason: "malformed" },
  { line: '{"v":1,"id":7,"do":"query","text":[]}', reason: "malformed" },
  { line: '{"v":2,"id":7,"do":"query","text":"t"}', reason: "version" },
])("$line is refused as $reason and counted", ({ line, reason }) => {
  const asked = new AskedNode(PROGRAM);
  asked.session.line(line);
  expect(asked.replies()).toMatchObject([{ id: line.includes("7") ? 7 : null, ok: false, error: { reason } }]);
  expect(Object.fromEntries(asked.control.counters.refused)).toEqual({ [reason]: 1 });
});

test("any line gets a reply, and the node continues", () => {
  const asked = new AskedNode(PROGRAM);
  const fields = fc.record(
    { v: fc.constant(1), id: fc.jsonValue(), do: fc.constantFrom("query", "insert", "delete"), text: fc.string() },
    { requiredKeys: ["v", "do"] },
  );
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    fields.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(line, (text) => {
      asked.session.line(text);
      expect(asked.replies().at(-1)).toHaveProperty("ok");
    }),
  );
  expect(asked.query('t("a", X)')).toEqual(["X", "1"]);
});

test("bytes are split into lines wherever chunks end, and a line over the limit is skipped", () => {
  const lines: string[] = [];
  const splitter = new LineSplitter(
    8,
    (line) => lines.push(line),
    () => lines.push("too long"),
  );
  for (const piece of ["ab", "c\nde\n\n", "f".repeat(6), "ffff", "ffff\ngh", "\n"]) splitter.push(Buffer.from(piece));
  expect(lines).toEqual(["abc", "de", "too long", "gh"]);
});

test("a line that arrives byte by byte takes no more memory than its bytes", () => {
  const lines: string[] = [];
  const splitters = Array.from(
    { length: 16 },
    () =>
      new LineSplitter(
        65_536,
        (line) => lines.push(line),
        () => lines.push("too long"),
      ),
  );
  const before = process.memoryUsage();
  for (let at = 0; at < 65_000; at++) for (const splitter of splitters) splitter.push(Buffer.from("x"));
  const { heapUsed, external } = process.memoryUsage();
  expect(heapUsed + external - before.heapUsed - before.external).toBeLessThan(64 * 2 ** 20);
  for (const splitter of splitters) splitter.push(Buffer.from("\n"));
  expect(new Set(lines)).toEqual(new Set(["x".repeat(65_000)]));
});
