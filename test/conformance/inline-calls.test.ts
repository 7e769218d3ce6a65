import { expect, test } from "vitest";
import { ALL_OPTIMISATIONS, type ViewOptimisations } from "../../src/program/view-optimisations.ts";
import { compile } from "../../src/compile.ts";
import { startNode } from "../observe/start-node.ts";
import { libraryOf } from "../session/library-of.ts";

/** Implementation of the call in rule `r`: with a context table, inlined, or inlined with an answer in the same round. */
function implementationOf(text: string): "context" | "inline" | "same round" {
  const options = { defines: new Map<string, string>(), dialect: undefined, optimisations: ALL_OPTIMISATIONS };
  const { plan, diagnostics } = compile(["program"], libraryOf(text), options);
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const named = (name: string): boolean =>
    plan.predicates.some(({ name: other, table }) => other === name && table !== undefined);
  if (named("r?1")) return "context";
  return plan.predicates.some(({ role }) => role.kind === "answer") ? "inline" : "same round";
}

const SQUARE = "def v(X, &Y) { v1: this.return(Y) :- this.init(X), Y := X * X. }";
const CALL = "r: out(Y) :- in(X), v(X, &Y).";
const KNOWN = "materialize(known, infinity, infinity, keys(1)).";
const LOOK_UP = `${KNOWN} def v(X, &Y) { v1: this.return(Y) :- this.init(X), known(X, Y). }`;

test.for<[string, string]>([
  ["computes", `${SQUARE} ${CALL}`],
  ["looks up one row of an unchanging table", `${LOOK_UP} ${CALL}`],
  ["is called by a timer", `${SQUARE} r: out(Y) :- periodic(X, 1), v(X, &Y).`],
  ["is called with one row joined to the event", `${SQUARE} ${KNOWN} r: out(Y) :- in(X), known(X, Z), v(Z, &Y).`],
])("a view that %s is answered in the round of the call", ([, text]) => {
  expect(implementationOf(text)).toBe("same round");
});

test.for<[string, string]>([
  ["another rule reads the event", `${SQUARE} ${CALL} other: seen(X) :- in(X).`],
  ["a rule raises the event", `${SQUARE} ${CALL} other: in(X) :- seen(X).`],
  ["a fact raises the event", `${SQUARE} ${CALL} in(1). in(2).`],
  ["several rows may make calls", `${SQUARE} ${KNOWN} r: out(Y) :- in(X), known(Z, X), v(Z, &Y).`],
  ["several elements may make calls", `${SQUARE} r: out(Y) :- in(L), X <- L, v(X, &Y).`],
  ["rows make the calls", `${SQUARE} ${KNOWN} r: out(Y) :- known(X, _), v(X, &Y).`],
  [
    "the view may have several answers",
    `${KNOWN} def v(X, &Y) { v1: this.return(Y) :- this.init(X), known(Y, X). } ${CALL}`,
  ],
  [
    "two rules may answer",
    `def v(X, &Y) { v1: this.return(X) :- this.init(X). v2: this.return(Y) :- this.init(X), Y := X + 1. } ${CALL}`,
  ],
  [
    "the view may fail",
    `def v(X, &Y) { v1: this.return(X) :- this.init(X). v2: this.fail("no") :- this.init(X), X > 2. } ${CALL}`,
  ],
  ["the rule reads the source of the tuple", `${SQUARE} r: out(Y, S) :- in(X), v(X, &Y), S := f_src().`],
  ["a packet may bring the event", `import "hop.mzl". ${SQUARE} ${CALL} sent: in@hop::To(1) :- go(To).`],
  ["a packet of another program may bring the event", `import "hop.mzl". ${SQUARE} ${CALL}`],
])("the answer is a separate step if %s", ([, text]) => {
  const hop = `
file hop.mzl
overlay hop.
materialize(route, infinity, infinity, keys(1)).
snd: send@Next(Dest, Packet) :- send(Dest, Packet), route(Dest, Next), localAddr(Me), Me != Dest.
rcv: recv(Packet) :- send(Dest, Packet), localAddr(Me), Me == Dest.
`;
  expect(implementationOf(`${text}\n${hop}`)).toBe("inline");
});

test.for<[string, string]>([
  ["the call has a location", `${SQUARE} r: out(Y) :- in(X, A), v@A(X, &Y).`],
  ["the view has a location", `def v@X(X, &Y) { v1: this.return(Y) :- this.init(X), Y := 1. } ${CALL}`],
  ["a rule changes a table that the view reads", `${LOOK_UP} ${CALL} f: known(X, 1) :- in(X).`],
  [
    "the view has tables",
    `def v(X, &Y) {
      materialize(this.t, infinity, infinity, keys(1)).
      v1: this.t(X) :- this.init(X).
      v2: this.return(Y) :- this.t(Y).
    } ${CALL}`,
  ],
  [
    "the view derives other tuples than its answer",
    `def v(X, &Y) { v1: this.return(X) :- this.init(X). v2: log(X) :- this.init(X). } ${CALL}`,
  ],
  [
    "the view runs on another node",
    `def v(X, &Y) { v1: this.far@X() :- this.init(X). v2: this.return(1) :- this.far(). } ${CALL}`,
  ],
  [
    "the view reads a table of another node",
    `${KNOWN} def v(X, &Y) { v1: this.return(Y) :- this.init(X), known@X(X, Y). } ${CALL}`,
  ],
  ["the view calls a random function", `def v(X, &Y) { v1: this.return(Y) :- this.init(X), Y := f_rand(X). } ${CALL}`],
  ["the rest of the rule calls a random function", `${SQUARE} r: out(Z) :- in(X), v(X, &Y), Z := f_rand(Y).`],
  [
    "the view reads the source of the tuple",
    `def v(X, &Y) { v1: this.return(Y) :- this.init(X), Y := f_src(). } ${CALL}`,
  ],
  [
    "the view is `many`",
    `def v(X, &Y) many { v1: this.return(X) :- this.init(X). v2: this.done() :- this.init(X). } ${CALL}`,
  ],
  ["a rule handles its failures", `${SQUARE} ${CALL} f: sorry(X) :- v!fail(X, _).`],
  [
    "the view calls another view",
    `${SQUARE} def w(X, &Y) { w1: this.return(Y) :- this.init(X), v(X, &Y). } r: out(Y) :- in(X), w(X, &Y).`,
  ],
])("a call needs a context table if %s", ([, text]) => {
  expect(implementationOf(text)).toBe("context");
});

test("an inlined call takes fewer rounds; an answer in the same round takes no separate step", () => {
  const CALLS = 10;
  const cost = (optimisations: ViewOptimisations): { readonly steps: number; readonly rounds: number } => {
    const { node } = startNode(`${SQUARE} ${CALL}`, "here:1", optimisations);
    const before = node.metrics().steps;
    for (let call = 0; call < CALLS; call++) node.insert("in", [call]);
    const after = node.metrics().steps;
    return { steps: (after.steps - before.steps) / CALLS, rounds: (after.rounds - before.rounds) / CALLS };
  };
  const costs = [{ inlineViews: false }, { localShortcut: false }, {}].map((off) =>
    cost({ ...ALL_OPTIMISATIONS, ...off }),
  );
  expect(costs).toEqual([
    { steps: 2, rounds: 4 },
    { steps: 2, rounds: 2 },
    { steps: 1, rounds: 1 },
  ]);
});

test("a view whose calls are all inlined accepts no events from the network", () => {
  const accepted = (inlineViews: boolean): readonly string[] => {
    const optimisations = { ...ALL_OPTIMISATIONS, inlineViews };
    const options = { defines: new Map<string, string>(), dialect: undefined, optimisations };
    const { plan } = compile(["program"], libraryOf(`${SQUARE} ${CALL} other: seen(X) :- in(X).`), options);
    return (plan?.predicates ?? [])
      .filter(({ wire }) => wire.acceptTuple)
      .map(({ name }) => name)
      .toSorted();
  };
  expect(accepted(false)).toEqual(["in", "v.fail", "v.return"]);
  expect(accepted(true)).toEqual(["in"]);
});
