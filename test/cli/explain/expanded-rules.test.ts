import { describe, expect, test } from "vitest";
import { expandedRules } from "../../../src/cli/explain/expanded-rules.ts";
import { FileLibrary } from "../../../src/cli/files/file-library.ts";
import { compile } from "../../../src/compile.ts";

function expanded(text: string): string {
  const library = new FileLibrary();
  library.addText("case.mzl", text);
  const { plan, core, diagnostics } = compile(["case.mzl"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined || core === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return expandedRules(core, undefined);
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\/\/.*\n/gm, "");
}

describe("expanded rules are a program without calls of views", () => {
  test.each([
    ["ping", 'import "ping.mzl".'],
    ["ron", 'import "ron.mzl".'],
    ["two overlays and a tunnel", 'import "ron.mzl". import "ron.mzl" as backup. import "tunnel.mzl".'],
    [
      "declarations of every kind",
      `near(addr, number).
       materialize(near, 30, 100, keys(1), evict max(2)).
       materialize(log, infinity, 5, keys()).
       materialize(far, infinity, infinity, keys(1)).
       accept told(addr, number) insert.
       watchmod(near, "id").
       near("10.0.0.1:1", 3).
       a: near(X, Y) :- told(X, Y), !far(X).
       b: delete near(X, null) :- gone(X).
       c: log(X) :- near_DELTA_DELETE(X, _).
       d: far(X) :- log(X).
       e: count@X(X, count<*>) :- asked(X), near(_, N), N > 2 * 3.`,
    ],
    [
      "tables that rules define by absence, by themselves, and for an event",
      `materialize(link, 30, infinity, keys(1,2)).
       materialize(best, infinity, infinity, keys(1,2)).
       materialize(down, infinity, infinity, keys(1)).
       a: best(X, Y, min<C>) :- link(X, Y, C), !down(X, _).
       b: best(X, Y, min<C>) :- link(X, Z, C1), best(Z, Y, C2), C := C1 + C2.
       c: said@X(X, count<*>) :- best(X, _, _).
       d: link(X, Y, C) :- told(X, Y, C).
       e: down(X, Y) :- gone(X, Y).`,
    ],
    [
      "a call within a view, and one whose failure is heard",
      `def one(A, &B) timeout(1) { o: this.return(B) :- this.init(A), B := A + 1. }
       def two(A, &C) many { t: this.return(C) :- this.init(A), one(A, &B), C := B * 2. d: this.done() :- this.init(_). }
       a: out(X, Y) :- asked(X), two(X + 1, &Y).
       b: lost(X) :- one!fail(X, _).
       c: out(X, X) :- wanted(X), one(X, &_) timeout(200ms).
       f: out(X, X) :- hoped(X), two(X, &_).`,
    ],
  ])("%s", (_, text) => {
    const once = withoutComments(expanded(text));
    expect(withoutComments(expanded(once))).toBe(once);
  });
});

test("names that only the compiler can write are replaced by unused names", () => {
  const text = expanded(`
    materialize(a_call1, infinity, infinity, keys(1)).
    def one(A, &B) { o: this.return(B) :- this.init(A), B := f_rand(A). }
    a: out(QID, Y) :- asked(QID), one(QID, &Y).
    b: a_call1(X) :- asked(X).`);
  expect(text).toContain("a_1: a_call1_(QID_, QID, In_A) :- asked(QID), In_A := QID, QID_ := f_idgen().\n");
  expect(text).not.toMatch(/[$?]/);
});

test("a rule that runs when a row expires becomes a comment", () => {
  const text = expanded(`
    def one(A, &B) timeout(2) { o: this.return(B) :- this.init(A), B := A. }
    a: out(X, Y) :- asked(X), one(X, &Y).
    b: lost(X) :- one!fail(X, _).
    f: out(X, Y) :- hoped(X), one(X, &Y).`);
  expect(text).toContain('// a_5: one_fail(In_A, "timeout") :- a_call1(QID, X, In_A).\n');
  expect(text).toContain("// for each row that expires in t_f_call1:\n");
});
