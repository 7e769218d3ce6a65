/** Queries and facts of any form: the node answers or refuses each, and never ends. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { AskedNode } from "./asked-node.ts";

const PROGRAM = `
overlay z.
materialize(t, infinity, infinity, keys(1)).
materialize(kept, infinity, infinity, keys(1)).
materialize(sum, infinity, infinity, keys(1)).
materialize(up, infinity, infinity, keys()).
t(1). t([1, 2]). t("a"). up().
a: kept(N, pay(N, X)) :- order(N, X).
b: heard(N) :- pay(N, _).
s: send@N(D, P) :- send(D, P), t(N).
r: recv(P) :- send(_, P).
d: sum(X, count<*>) :- kept(X, _).
accept order(number, any).
def v(X, &Y) { p: this.return(Y) :- this.init(X), t(Y). }
c: found(Y) :- heard(X), v(X, &Y).
`;

const TERMS =
  `X|Y|_|1|"a"|null|b"00"|[_, X]|[1, [Y]]|pay(X, 1)|z.pay(_, X)|z::(X, 2)|ron::"x:1"|X + 1|1 / X|-X|X in (1, Y]|X ? Y : 1
@X|&X|count<*>|min<X>|@min<X>|f_now()|f_src()|f_rows(X)|f_size(X)|f_seal("k", X, Y)|packet::b"0a"|infinity`.split(
    /[|\n]/,
  );
const PREDICATES = [
  "z.t",
  "z.kept",
  "z.sum",
  "z.up",
  "z.send",
  "z.pay",
  "z.v",
  "localAddr",
  "z.localAddr",
  "tun",
  "periodic",
];
const LOCATIONS = ["", "", "", '@"x:1"', "@X", '@z::"x:1"', "@1"];

const term = fc.constantFrom(...TERMS);
const atom = fc
  .tuple(fc.constantFrom(...PREDICATES), fc.constantFrom(...LOCATIONS), fc.array(term, { maxLength: 2 }))
  .map(([name, location, args]) => `${name}${location}(${args.join(", ")})`);
const literal = fc.oneof(
  { weight: 3, arbitrary: atom },
  atom.map((text) => `!${text}`),
  fc.tuple(term, fc.constantFrom(":=", "<-", "==", "<"), term).map((parts) => parts.join(" ")),
  term,
);
const body = fc.array(literal, { minLength: 1, maxLength: 2 }).map((literals) => literals.join(", "));
const request = fc.oneof(
  body.map((text) => ({ do: "query", text })),
  fc.tuple(atom, body).map(([head, text]) => ({ do: "query", text: `${head} :- ${text}` })),
  fc.tuple(fc.constantFrom("insert", "delete"), atom).map(([action, text]) => ({ do: action, text })),
);

test("each text is answered or refused", () => {
  const asked = new AskedNode(PROGRAM);
  asked.node.insert("z.order", [1, "a"]);
  fc.assert(
    fc.property(request, (fields) => {
      expect(asked.request(fields).at(-1)).toHaveProperty("ok");
    }),
    { numRuns: 400 },
  );
});
