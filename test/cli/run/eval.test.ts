import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type EvalOptions, evaluate } from "../../../src/cli/run/evaluate.ts";
import { Failure } from "../../../src/cli/terminal/failure.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-eval-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly problems: string;
}

/** Runs a program over the facts of `folder`. */
function evaluated(program: string, options: Partial<EvalOptions> = {}): Outcome {
  const lines: string[] = [];
  const problems: string[] = [];
  const output = {
    hasColour: false,
    result: (line: string) => void lines.push(line),
    data: (line: string) => void lines.push(line),
    problem: (line: string) => void problems.push(line),
  };
  const standard = {
    files: [file("program.mzl", program)],
    defines: new Map<string, string>(),
    dialect: undefined,
    facts: [],
    factDirectories: [folder],
    print: [],
    form: { kind: "facts", json: false },
    memory: undefined,
  } as const;
  let code = 0;
  try {
    evaluate({ ...standard, ...options }, output);
  } catch (error: unknown) {
    if (!(error instanceof Failure)) throw error;
    code = error.exitCode;
    problems.push(error.message);
  }
  return { code, out: lines.join("\n"), problems: problems.join("\n").replaceAll(`${folder}/`, "") };
}

const TWO_HOPS = `
  materialize(link, infinity, infinity, keys(1,2)).
  materialize(two, infinity, infinity, keys(1,2)).
  two(@X, Z) :- link(@X, Y), link(@Y, Z).
`;

describe("a table", () => {
  file("link.facts", "b\t3\na\tb\n3\ta b\n");

  test("is printed in the order of its values, with the rows of all locations", () => {
    expect(evaluated(TWO_HOPS, { print: ["two"] }).out).toBe('two("a", 3).\ntwo("b", "a b").');
  });

  test("is printed in a form that --facts reads", () => {
    expect(evaluated(TWO_HOPS, { print: ["link"], form: { kind: "csv", json: false } }).out).toBe("3,a b\na,b\nb,3");
  });

  test("is printed as JSON", () => {
    const { out } = evaluated(TWO_HOPS, { print: ["two"], form: { kind: "facts", json: true } });
    expect(out.split("\n").map((line) => JSON.parse(line) as unknown)).toEqual([
      { version: 1, tuple: ["two", "a", 3] },
      { version: 1, tuple: ["two", "b", "a b"] },
    ]);
  });

  test("is counted", () => {
    expect(evaluated(TWO_HOPS, { print: ["two"], form: { kind: "count", json: false } }).out).toBe("2");
    expect(evaluated(TWO_HOPS).out).toBe("two 2\nlink 3");
  });

  test("that the program does not have is a usage error", () => {
    expect(evaluated(TWO_HOPS, { print: ["links"] })).toEqual({
      code: 2,
      out: "",
      problems: "--print: the program has no table `links`; did you mean link?",
    });
  });
});

describe("files of facts", () => {
  const PAIRS = "materialize(pair, infinity, infinity, keys(1,2)).\nout(X) :- pair(X, Y).\nheard(X) :- out(X).";

  function pairs(csv: string | Uint8Array): Outcome {
    file("pair.csv", csv);
    return evaluated(PAIRS, { print: ["pair"], factDirectories: [folder] });
  }

  test("hold numbers, text, and text that looks like numbers", () => {
    expect(pairs('1,-2\r\n0.5,10.0.0.1\n"7","a, ""b"""\n,007\n').out.split("\n")).toEqual([
      'pair(0.5, "10.0.0.1").',
      "pair(1, -2).",
      'pair("", "007").',
      'pair("7", "a, \\"b\\"").',
    ]);
  });

  test("hold literals: what `--print` and `--csv` print reads as itself", () => {
    const printed = pairs('15e2,1e+21\n1.0e300,true\n0x1fI,null\n"[1, ""a""]","b""0aff"""\n"a\nb",""\n');
    expect(printed.out.split("\n")).toEqual([
      "pair(1500, 1e+21).",
      "pair(1e+300, true).",
      'pair("a\\nb", "").',
      "pair(0x1fI, null).",
      'pair([1, "a"], b"0aff").',
    ]);
  });

  test.for<[string, string | Uint8Array, RegExp]>([
    ["too few columns", "1,2\n3\n", /^pair\.csv:2: 1 column where `pair` has 2$/m],
    ["too many columns", "1,2,3\n", /^pair\.csv:1: 3 columns where `pair` has 2$/m],
    ["a quote that is not closed", '1,"2\n', /^pair\.csv:1: a quote is not closed on its line$/m],
    ["text after a quote", '"1"x,2\n', /^pair\.csv:1: text after the quote of column 1$/m],
    ["a number that is not exact", "1,12345678901234567890\n", /^pair\.csv:1: an integer beyond 2\^53/m],
    [
      "a number that is not exact, on a later record",
      '"a\nb",2\n1,9007199254740993\n',
      /^pair\.csv:3: an integer beyond 2\^53: 9007199254740993$/m,
    ],
    [
      "a number that would be rounded",
      "1,9007199254740993.0\n",
      /^pair\.csv:1: `9007199254740993.0` would be rounded/m,
    ],
    ["invalid UTF-8", Uint8Array.of(0x31, 0x2c, 0xff), /^pair\.csv: not a file of UTF-8 text$/m],
  ])("with %s are refused, and nothing is printed", ([, csv, message]) => {
    const { code, out, problems } = pairs(csv);
    expect([code, out]).toEqual([1, ""]);
    expect(problems).toMatch(message);
  });

  test("must have the types of a signature, also from `--fact`", () => {
    const program = `pair(number, string).\n${PAIRS}`;
    file("pair.csv", '1,a\n"1",b\n');
    expect(evaluated(program, { factDirectories: [folder] }).problems).toMatch(
      /^pair\.csv:2: column 1 of `pair` must be of type number, not string$/m,
    );
    const fact = evaluated(program, { factDirectories: [], facts: ["pair(1, 2)"] });
    expect([fact.code, fact.problems]).toEqual([
      2,
      expect.stringContaining("column 2 of `pair` is declared as string"),
    ]);
  });

  test("of unknown predicates are reported and skipped", () => {
    pairs("1,2\n");
    expect(evaluated(PAIRS).problems).toContain("link.facts: the program has no such predicate; not read");
  });

  test("must be in an existing directory", () => {
    expect(evaluated(PAIRS, { factDirectories: [join(folder, "none")] }).code).toBe(2);
  });
});

test("facts can be events; tuples that their rules send to this node are separate steps", () => {
  const program = `
    materialize(t, infinity, infinity, keys(1)).
    r1: t(X) :- e(X).
    r2: again@Me(X) :- e(X), localAddr(Me).
    r3: t(X + 1) :- again(X).
  `;
  expect(evaluated(program, { facts: ["e(4)"], print: ["t"], factDirectories: [] }).out).toBe("t(4).\nt(5).");
});

test("an endless derivation is stopped and its rule is named", () => {
  const { code, out, problems } = evaluated("grow: p(X + 1) :- p(X).\np(0).", { factDirectories: [], memory: 1 });
  expect([code, out]).toEqual([1, ""]);
  expect(problems).toMatch(/^rule grow: its derivations do not end/);
});

describe("rules that trigger each other without end are stopped, and one of them is named", () => {
  const table = "materialize(t, infinity, infinity, keys(1)).";
  test.for([
    ["an event that counts", "r: p(N + 1) :- p(N). p(1).", "r"],
    ["an assignment", "r: p(N) :- p(M), N := M + 1. p(1).", "r"],
    ["a ring of three", "a: q(N + 1) :- p(N). b: r(N) :- q(N). c: p(N) :- r(N). p(1).", "[abc]"],
    ["doubling in each batch", "a: p(2 * N) :- p(N). b: p(2 * N + 1) :- p(N). p(1).", "[ab]"],
    ["a list that grows", "r: p(f_append(L, 1)) :- p(L). p([1]).", "r"],
    ["a list of a derived table that grows", `${table} r: t(f_append(L, 1)) :- t(L). s: t(L) :- go(L). go([1]).`, "r"],
    [
      "events with side results",
      `${table} r: p(N + 1) :- p(N). s: t(N) :- p(N), N < 0. q: q(N) :- p(N). p(1).`,
      "[rq]",
    ],
    ["an event and a row", `${table} a: t(N + 1) :- e(N). b: e(N) :- t(N). e(1).`, "[ab]"],
    ["random values", "r: p(f_randID()) :- p(_). p(1).", "r"],
    ["random rows of a derived table", `${table} r: t(f_randID()) :- t(_). s: t(N) :- go(N). go(1).`, "r"],
    ["values of a list", "r: p(X) :- p(N), X <- [N + 1, N]. p(1).", "r"],
    ["later steps of this node", "r: p@Me(N + 1) :- p(N), localAddr(Me). p(1).", "r"],
    [
      "the same tuple in later steps",
      "a: q@Me(N) :- p(N), localAddr(Me). b: p@Me(N) :- q(N), localAddr(Me). p(1).",
      "[ab]",
    ],
    [
      "a view that calls itself",
      "def v(X, &Y) { a: this.return(Y) :- this.init(X), v(X, &Y). }\nr: p(Y) :- go(X), v(X, &Y). go(1).",
      "\\S*a",
    ],
    [
      "rows that replace each other",
      `materialize(k, infinity, infinity, keys(1)). a: k(1, 1) :- e(_). b: e(X) :- k(X, 0). c: f(X) :- k(X, 1). d: k(1, 0) :- f(_). e(1).`,
      "[abcd]",
    ],
  ] as const)("%s", ([, program, rule]) => {
    const { code, out, problems } = evaluated(program, { factDirectories: [], memory: 32 * 2 ** 20 });
    expect([code, out]).toEqual([1, ""]);
    expect(problems).toMatch(new RegExp(`^rule ${rule}: (its derivations do not end|no fixpoint after)`, "m"));
  });

  test("those that end are not stopped", () => {
    const program = `
      materialize(done, infinity, infinity, keys(1)).
      a: count(N + 1) :- count(N), N < 20000.
      b: done(N) :- count(N), N >= 20000.
      c: left(X, 20) :- start(X).
      d: left(X, N - 1) :- left(X, N), N > 0.
      e: done(X) :- left(X, 0).
      count(1).
    `;
    const facts = Array.from({ length: 3000 }, (_, at) => `start(${at})`);
    const { code, out } = evaluated(program, { facts, factDirectories: [], memory: 64 * 2 ** 20 });
    expect([code, out]).toEqual([0, "done 3001"]);
  });
});

test("a recursion that computes too many rows is stopped, and the message says how many", () => {
  const grow = "materialize(p, infinity, infinity, keys(1)).\ngrow: p(X + 1) :- p(X).\np(0).";
  expect(evaluated(grow, { factDirectories: [], memory: 2 ** 24 }).problems).toMatch(
    /^rule grow: its derivations do not end, .*: it computed more than 4352 rows from its own results$/,
  );
});

test("a table is named with its overlay", () => {
  const program = "overlay foo.\nmaterialize(t, infinity, infinity, keys(1)).\nt(1).";
  expect(evaluated(program, { print: ["t"], factDirectories: [] }).problems).toBe(
    "--print: the program has no table `t`; did you mean foo.t?",
  );
  expect(evaluated(program, { print: ["foo.t"], factDirectories: [] }).out).toBe("foo.t(1).");
});

test("a program with errors is not run", () => {
  expect(evaluated("p(X) :- q(Y).").code).toBe(1);
});

describe("a table that is only declared", () => {
  file("filled.facts", "1\t2\t3\n");

  test("holds the rows of its fact file, with the columns of the file", () => {
    const program = "materialize(filled, infinity, infinity, keys(1)).";
    expect(evaluated(program, { print: ["filled"] }).out).toBe("filled(1, 2, 3).");
  });

  test("is filled by --fact and by facts of the program", () => {
    const program = "materialize(filled2, infinity, infinity, keys(1)).\nfilled2(1, 2).";
    expect(evaluated(program, { facts: ["filled2(3, 4)"], print: ["filled2"] }).out).toBe(
      "filled2(1, 2).\nfilled2(3, 4).",
    );
  });

  test("is empty without a file, and counted", () => {
    expect(evaluated("materialize(none, infinity, infinity, keys(1,2)). watch(none).").out).toBe("none 0");
  });
});

describe("a predicate that nothing raises", () => {
  const program = "materialize(path, infinity, infinity, keys(1,2)).\npath(X, Y) :- kante(X, Y).\n";

  test("is an error", () => {
    const { code, problems } = evaluated(program);
    expect({ code, problems }).toMatchObject({ code: 1, problems: expect.stringContaining("raises `kante`") });
  });

  test("is raised by --fact", () => {
    expect(evaluated(program, { facts: ["kante(1, 2)"], print: ["path"] }).out).toBe("path(1, 2).");
  });

  test("is raised by a fact file", () => {
    file("strasse.facts", "7\t8\n");
    expect(evaluated(program.replace("kante", "strasse"), { print: ["path"] }).out).toBe("path(7, 8).");
  });
});

describe("an aggregate of a rule with an event", () => {
  const program = `
    materialize(seen, infinity, infinity, keys(1,2)).
    materialize(tot, infinity, infinity, keys(1)).
    materialize(log, infinity, infinity, keys(1,2,3)).
    seen("a", 3). seen("a", 4).
    ask("a", "tag"). ask("b", "none").
    tot(@X, sum<V>, Tag) :- ask(@X, Tag), seen(@X, V).
    log(Me, X, count<*>) :- ask(X, _), localAddr(Me), seen(X, _).
  `;

  test("has columns outside the key that the event determines", () => {
    expect(evaluated(program, { print: ["tot"] }).out).toBe('tot("a", 7, "tag").\ntot("b", 0, "none").');
  });

  test("has the address of the node as a column, also if nothing joined", () => {
    const rows = 'log("localhost:10000", "a", 2).\nlog("localhost:10000", "b", 0).';
    expect(evaluated(program, { print: ["log"] }).out).toBe(rows);
  });

  test("needs a winning row for a column that the event does not determine", () => {
    expect(evaluated(program.replace("Tag) :- ask(@X, Tag)", "V) :- ask(@X, Tag)")).problems).toContain("E0229");
  });
});
