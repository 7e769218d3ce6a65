import { describe, expect, test } from "vitest";
import type { Value } from "../../runtime/plan/values/value.ts";
import { AskedNode } from "./asked-node.ts";

const PROGRAM = `
overlay ron.
materialize(member, infinity, infinity, keys(1)).
materialize(link, infinity, infinity, keys(1,2)).
materialize(log, infinity, infinity, keys()).
materialize(two, infinity, infinity, keys(1)).
member("a"). member("b"). member("c").
link("a", "b", 0.1). link("b", "c", 0.2). link("a", "c", infinity).
log("x"). log("x"). log("y").
d: two(X, min<C>) :- link(X, Y, A), link(Y, _, B), C := A + B.
e: heard(X) :- said(X).
`;

interface Question {
  readonly asked: string;
  readonly answer: readonly string[];
}

const questions: readonly Question[] = [
  { asked: "ron.member", answer: ["1", '"a"', '"b"', '"c"'] },
  { asked: "ron.two", answer: ["X C", '"a" 0.30000000000000004'] },
  { asked: "ron.localAddr", answer: ["1", '"here:1"'] },
  { asked: 'ron.link("a", To, C)', answer: ["To C", '"b" 0.1', '"c" infinity'] },
  { asked: "ron.link(X, Y, _), ron.link(Y, Z, _).", answer: ["X Y Z", '"a" "b" "c"'] },
  { asked: "ron.link(_, To, _)", answer: ["To", '"b"', '"c"'] },
  { asked: "ron.member(X), !ron.link(X, _, _)", answer: ["X", '"c"'] },
  { asked: 'ron.member("a")', answer: ["", ""] },
  { asked: 'ron.member("z")', answer: [""] },
  { asked: 'ron.member(X), N := f_size(X), N == 1, X > "b"', answer: ["X N", '"c" 1'] },
  { asked: "n(X, count<*>, min<C>) :- ron.link(X, _, C)", answer: ["X count<*> min<C>", '"a" 2 0.1', '"b" 1 0.2'] },
  { asked: "n(count<*>) :- ron.log(_)", answer: ["count<*>", "3"] },
  { asked: "ron.log(X)", answer: ["X", '"x"', '"y"'] },
  { asked: "1 < 2", answer: ["", ""] },
];

test.for(questions)("$asked", ({ asked, answer }) => {
  expect(new AskedNode(PROGRAM).query(asked)).toEqual(answer);
});

test("a query knows which overlays take options", () => {
  const node = new AskedNode(`
q.recv(P) :- q.send(_, _, P).
plain.recv(P) :- plain.send(_, P).
materialize(place, infinity, infinity, keys(1)).
place(q::("a:1", 0.02)). place(plain::"a:1").
`);
  expect(node.query('place(q::("a:1", 20ms))')).toEqual(["", ""]);
  expect(node.query('place(plain::("a:1", 20ms))').join()).toContain("addresses of `plain` take no options");
  expect(node.query('place(A), f_overlay(A) == "q", O := f_options(A)')).toEqual(["A O", 'q::("a:1", 0.02) [0.02]']);
});

const slips: readonly Question[] = [
  { asked: "ron.membr(X)", answer: ["the node has no table `ron.membr`", "help: did you mean `ron.member`?"] },
  {
    asked: "membr",
    answer: [
      "the node has no table `membr`",
      "help: the known names are localAddr, ron.localAddr, ron.member, ron.link, ron.log, ron.two",
    ],
  },
  { asked: "member", answer: ["the node has no table `member`", "help: did you mean `ron.member`?"] },
  {
    asked: "ron.link(X)",
    answer: ["`ron.link` has 1 argument here and 3 elsewhere", "help: elsewhere it is `ron.link(X, Y, A)`"],
  },
  {
    asked: "ron.said(X)",
    answer: [
      "`ron.said` is an event, and events are not stored",
      "help: `mosaic trace NODE ron.said` shows it when it happens",
    ],
  },
  {
    asked: "ron.member(X), Y > 1",
    answer: [
      "`Y` has no value in rule `query` but is used in a condition",
      "help: bind it in the body: as an argument of a predicate, or with `Y := ..`",
    ],
  },
  { asked: "ron.member(X), f_siz(X) > 1", answer: ["there is no function `f_siz`", "help: did you mean `f_size`?"] },
  { asked: "ron.member(X", answer: ["expected `)` or `,` after the argument `X`, found `.`"] },
  {
    asked: "a(1). b(2)",
    answer: [
      "this is not one rule body",
      "help: write the name of a table, or a rule body such as `ron.RT(To, Next, Cost), Cost > 0.1`",
    ],
  },
  {
    asked: "delete ron.member(X) :- ron.member(X)",
    answer: [
      "this is not one rule body",
      "help: write the name of a table, or a rule body such as `ron.RT(To, Next, Cost), Cost > 0.1`",
    ],
  },
  { asked: '1 < 2,\n#include "/etc/passwd"\nron.member(X)', answer: ['there is no file "/etc/passwd"'] },
];

test.for(slips)("$asked: a mistake gets a diagnostic", ({ asked, answer }) => {
  expect(new AskedNode(PROGRAM).query(asked)).toEqual(answer);
});

const odd: readonly Question[] = [
  {
    asked: 'ron.member@"x:1"(X)',
    answer: [
      "`ron.member` has a location, but a query reads the tables of one node",
      "help: leave it out, or ask the other node: `mosaic query NODE ..`",
    ],
  },
  { asked: 'ron.member(@X), X > "b"', answer: ["X", '"c"'] },
  { asked: 'ron.member(X), X > "b" // the last', answer: ["X", '"c"'] },
  { asked: 'ron.member(X), X > "//b". %% the last', answer: ["X", '"a"', '"b"', '"c"'] },
  {
    asked: " ",
    answer: [
      "this is not one rule body",
      "help: write the name of a table, or a rule body such as `ron.RT(To, Next, Cost), Cost > 0.1`",
    ],
  },
];

test.for(odd)("$asked: locations, comments and blanks", ({ asked, answer }) => {
  expect(new AskedNode(PROGRAM).query(asked)).toEqual(answer);
});

const PACKETS = `
materialize(kept, infinity, infinity, keys(1)).
kept(3, [3, 7]).
a: kept(N, pay(N, X)) :- order(N, X).
b: o(N) :- pay(N, _).
accept order(number, any).
`;

const patterns: readonly Question[] = [
  { asked: "kept(N, pay(_, X))", answer: ["N X", '1 "a"', "2 7"] },
  { asked: 'kept(N, P), P == pay(1, "a")', answer: ["N P", '1 pay(1, "a")'] },
  { asked: "kept(_, P), pay(N, X) <- P, N > 1", answer: ["P N X", "pay(2, 7) 2 7"] },
  { asked: "kept(N, [_, X])", answer: ["N X", "3 7"] },
  { asked: "kept(N, pay(X))", answer: ["`pay` has 1 argument here and 2 elsewhere"] },
  { asked: "kept(N, pai(_, X))", answer: ["there is no function `pai`"] },
  {
    asked: "!kept(3, [_, 7])",
    answer: ["a query cannot negate a pattern", "help: ask for the rows that match, without `!`"],
  },
  {
    asked: "kept(N, _), !kept(N, pay(_, 7))",
    answer: ["a query cannot negate a pattern", "help: ask for the rows that match, without `!`"],
  },
];

test.for(patterns)("$asked: packets and lists", ({ asked, answer }) => {
  const node = new AskedNode(PACKETS);
  node.node.insert("order", [1, "a"]);
  node.node.insert("order", [2, 7]);
  expect(node.query(asked)).toEqual(answer);
});

const TYPED = `
o(number).
accept heard(addr, number).
materialize(o, infinity, infinity, keys(1)).
materialize(heard, infinity, infinity, keys(1)).
materialize(length, infinity, infinity, keys(1)).
materialize(any, infinity, infinity, keys(1)).
o(0). o(1). o(2).
any("a"). any(1). any(2).
l: length(X, N) :- heard(X, _), N := f_size("abc").
`;

const contradictions: readonly { readonly asked: string; readonly at: string; readonly message: string }[] = [
  { asked: 'o("a")', at: '"a"', message: '`"a"` must be of type number, but it is of type string' },
  { asked: '!o("a"), o(1)', at: '"a"', message: '`"a"` must be of type number, but it is of type string' },
  { asked: "heard(7, N)", at: "7", message: "`7` must be of type string or address, but it is of type number" },
  { asked: "length(X, abc)", at: "abc", message: "`abc` must be of type number, but it is of type string" },
  { asked: 'o(X), Y := X + "a"', at: 'X + "a"', message: '`X + "a"` never has a value' },
  { asked: "n(X) :- o(Y), X := f_size(Y)", at: "f_size(Y)", message: "`f_size(Y)` never has a value" },
  { asked: "o(X), X / 0 > 1", at: "X / 0", message: "`X / 0` never has a value" },
  { asked: "o(X), Y <- X", at: "X", message: "`X` must be of type list or tuple, but it is of type number" },
  {
    asked: "n(sum<A>) :- heard(A, _)",
    at: "A",
    message: "`A` must be of type number, but it is of type string or address",
  },
];

test.for(contradictions)("$asked: types are those of the running program", ({ asked, at, message }) => {
  const replies = new AskedNode(TYPED).request({ do: "query", text: asked });
  const found = replies.flatMap((reply) => ("error" in reply ? (reply.error.diagnostics ?? []) : []));
  const positions = found.map(({ message: text, range }) => {
    return { message: text, at: asked.slice((range?.start.column ?? 0) - 1, (range?.end.column ?? 0) - 1) };
  });
  expect(positions).toEqual([{ message, at }]);
});

const failures: readonly Question[] = [
  {
    asked: "o(X), Y := 6 / X",
    answer: ["X Y", "1 6", "2 3", "1 derivation had no value: `6 / X` has no value for X = 0"],
  },
  {
    asked: "any(X), X + 1 > 2",
    answer: ["X", "2", '1 derivation had no value: `X + 1 > 2` has no value for X = "a"'],
  },
  {
    asked: "any(X), Y := f_size(X), Z := Y / 0.0",
    answer: ["`Y / 0.0` never has a value", "help: `/` has no value for these values"],
  },
  {
    asked: "n(f_size(X)) :- any(X)",
    answer: ["f_size(X)", "1", "2 derivations had no value: `f_size(X)` has no value for X = 1"],
  },
  { asked: "n(sum<X>) :- any(X)", answer: ["sum<X>", "3", '1 derivation had no value: `sum<X>` has no value for "a"'] },
  {
    asked: "n(count<*>, avg<X>) :- any(X)",
    answer: ["count<*> avg<X>", "2 1.5", '1 derivation had no value: `avg<X>` has no value for "a"'],
  },
  { asked: "n(max<X>, count<*>) :- any(X)", answer: ["max<X> count<*>", '"a" 3'] },
];

test.for(failures)("$asked: derivations without a value are told", ({ asked, answer }) => {
  expect(new AskedNode(TYPED).query(asked)).toEqual(answer);
});

test("a query changes nothing", () => {
  const asked = new AskedNode(PROGRAM);
  const before = JSON.stringify(asked.node.counters.engine);
  asked.query("ron.link(X, Y, C), C > 0.1");
  expect(JSON.stringify(asked.node.counters.engine)).toBe(before);
});

test("a query that reads too many rows is refused", () => {
  const asked = new AskedNode("materialize(n, infinity, infinity, keys(1)).\nf: n(X) :- fill(X).");
  for (let n = 0; n < 2_000; n++) asked.node.insert("fill", [n]);
  expect(asked.query("n(A), n(B), n(C), A + B == C + 5000")).toEqual([
    "the query reads more rows than its budget allows",
  ]);
  expect(asked.query("n(A), A == 1999")).toEqual(["A", "1999"]);
});

describe("a query is refused that would hold up the node", () => {
  const rows = "materialize(n, infinity, infinity, keys(1)).\nf: n(X) :- fill(X).";
  const filled = (values: readonly Value[]): AskedNode => {
    const asked = new AskedNode(rows);
    for (const value of values) asked.node.insert("fill", [value]);
    return asked;
  };
  const text = "x".repeat(200_000);
  const TOO_MANY_BYTES =
    "the answers have more than 64 MiB: ask for fewer rows, or for parts of the values, such as f_size(X)";

  test.each<[string, readonly Value[], string]>([
    [
      "many columns of one long row",
      [new Uint8Array(200_000)],
      `q(${Array.from({ length: 1000 }, () => "X").join(", ")}) :- n(X)`,
    ],
    [
      "new long values for many rows",
      [text, ...Array.from({ length: 400 }, (_, at) => at)],
      "n(X), n(Y), f_size(X) > 1, Z := X + f_tostr(Y)",
    ],
    [
      "a long list",
      [text, ...Array.from({ length: 400 }, (_, at) => at)],
      "q(list<Z>) :- n(X), n(Y), f_size(X) > 1, Z := X + f_tostr(Y)",
    ],
  ])("by its bytes: %s", (_, values, query) => {
    const asked = filled(values);
    expect(asked.query(query)).toEqual([TOO_MANY_BYTES]);
    expect(asked.query("q(count<*>) :- n(X)")).toEqual(["count<*>", `${values.length}`]);
  });

  test.each([
    ["equal answers", "q(f_size(Z)) :- n(X), n(Y), f_size(X) > 1, Z := X + f_tostr(Y)", "200003"],
    ["aggregates that keep one value", "q(max<Z>) :- n(X), n(Y), f_size(X) > 1, Z := X + f_tostr(Y)", "xxx"],
  ])("but not by the bytes of %s", (_, query, answer) => {
    const asked = filled([text, ...Array.from({ length: 400 }, (_, at) => at)]);
    expect(asked.query(query).join("\n")).toContain(answer);
  });

  test("by a row that is too long to print", () => {
    const asked = filled(["a", "x".repeat(200_000)]);
    const columns = Array.from({ length: 20 }, () => "X").join(", ");
    expect(asked.query(`q(${columns}) :- n(X), X != "a"`).at(-1)).toBe(
      "a row has more than 2 MiB: ask for parts of its values, such as f_size(X)",
    );
  });

  test("by its time", () => {
    const asked = filled(Array.from({ length: 400 }, (_, at) => at));
    let now = 0;
    Object.assign(asked.control.queried.ambient, { now: () => (now += 0.002) });
    const slow = ["the query takes more than 0.5 s: ask for fewer rows, or for simpler expressions"];
    expect(asked.query('n(X), f_sha256(X) == b"00"')).toEqual(slow);
    expect(asked.query("n(X), n(Y), X + Y == 5000")).toEqual(slow);
    // Only the groups take the time.
    Object.assign(asked.control.queried.ambient, { now: () => (now += 0.0014) });
    expect(asked.query("q(X, set<X>) :- n(X)")).toEqual(slow);
  });

  test.each([
    ["256 literals", Array.from({ length: 257 }, () => "n(X)").join(", ")],
    ["400 operators", `n(X), Y := X${" + X".repeat(401)}`],
    ["2000 expressions", `n(X), Y := [${"X, ".repeat(2000)}X]`],
    ["2000 expressions", `q(${"count<*>, ".repeat(2000)}X) :- n(X)`],
  ])("by its size: more than %s", (most, query) => {
    expect(filled([1]).query(query)[0]).toBe(
      `this query has more than ${most}, and the node waits while it is compiled`,
    );
  });

  test("and of many wrong facts the first hundred are reported", () => {
    const [reply] = filled([]).request({ do: "insert", text: "wrong(1). ".repeat(6000) });
    expect(reply).toMatchObject({ ok: false, error: { reason: "program" } });
    expect(JSON.stringify(reply).length).toBeLessThan(200_000);
  });

  test("and an answer of long rows comes in lines of few rows", () => {
    const asked = filled(Array.from({ length: 4 }, (_, at) => `${at}${text}`));
    const replies = asked.request({ do: "query", text: "n" });
    expect(replies.map((reply) => ("rows" in reply ? reply.rows.length : 0))).toEqual([0, 1, 1, 1, 1, 0]);
  });
});

test("a reply waits for a slow client, and shows the tables at the time of the query", () => {
  const asked = new AskedNode("materialize(n, infinity, infinity, keys(1)).\nf: n(X) :- fill(X).");
  for (let n = 0; n < 350; n++) asked.node.insert("fill", [n]);
  asked.room = 2;
  const first = asked.request({ do: "query", text: "n" });
  expect(first.map((reply) => ("rows" in reply ? reply.rows.length : Object.keys(reply)[2]))).toEqual(["columns", 100]);
  asked.node.insert("fill", [1_000]);
  asked.room = Infinity;
  asked.session.drained();
  const rest = asked.replies();
  expect(rest.map((reply) => ("rows" in reply ? reply.rows.length : reply))).toEqual([
    100,
    100,
    50,
    { id: 1, ok: true, count: 350 },
  ]);
});

test("values are written as --watch --json writes them, unless text is asked for", () => {
  const asked = new AskedNode('materialize(v, infinity, infinity, keys(1)).\nv([1, "a", null, 0x1fI, b"0aff"]).');
  const rows = (form: string): unknown => asked.request({ do: "query", text: "v", form })[1];
  expect(rows("json")).toEqual({ id: 1, rows: [[[1, "a", null, { id: "0x1f" }, { bytes: "0aff" }]]] });
  expect(rows("text")).toEqual({ id: 1, rows: [['[1, "a", null, 0x1fI, b"0aff"]']] });
});

test("a packet in a query has the types of its signature", () => {
  const node = new AskedNode(`
materialize(kept, infinity, infinity, keys(1)).
materialize(name, infinity, infinity, keys(1)).
pay(number, string).
kept(pay(1, "a")).
name("b"). name(2).
a: heard(N) :- pay(N, _).
`);
  expect(node.query('kept(P), P == pay("x", "a")').join()).toContain("column 1 of `pay` is declared as number");
  expect(node.query('kept(pay("x", _))').join()).toContain('`"x"` must be of type number');
  expect(node.query('name(N), P := pay(N, "a")')).toEqual([
    "N P",
    '2 pay(2, "a")',
    '1 derivation had no value: column 1 of `pay` is declared as number, and got "b"',
  ]);
  const [reply] = node.request({ do: "insert", text: 'kept([pay("x", "a")])' });
  expect(reply).toMatchObject({ ok: false, error: { message: "column 1 of `pay` must be of type number" } });
});
