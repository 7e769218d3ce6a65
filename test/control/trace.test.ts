import { expect, test } from "vitest";
import { traceLine } from "../../src/cli/client/trace-node.ts";
import { AskedNode } from "./asked-node.ts";

const PROGRAM = `
materialize(t, infinity, infinity, keys(1)).
put: t(X) :- hello(X).
tell: told@"10.0.0.9:1"(X, Y) :- t(X), Y := X + 1.
lose: told@null(X, X) :- lose(X).
endless: endless(X + 1) :- endless(X).
`;

/** Returns the lines of a trace while `action` runs. */
function traced(act: (asked: AskedNode) => void, predicate?: string): readonly string[] {
  const asked = new AskedNode(PROGRAM);
  const [begun] = asked.request({ do: "trace", predicate, form: "text" });
  expect(begun).toEqual({ id: 1, tracing: true });
  act(asked);
  return asked.replies().flatMap((reply) => ("seen" in reply ? [traceLine(reply.seen)] : []));
}

test("a trace shows every edge that a tuple crosses, with the rules", () => {
  expect(traced(({ node }) => node.insert("hello", [1]))).toEqual([
    "0.000 Mux → OverlayRecvUnwrap  hello(1)",
    "0.000 OverlayRecvUnwrap → ReceiveDemux  hello(1)",
    "0.000 ReceiveDemux → rule put  hello(1)",
    "0.000 rule put → Tables  t(1)",
    "0.000 Tables → rule tell  t(1)",
    "0.000 rule tell → RoundRobin  told(1, 2) to 10.0.0.9:1",
    "0.000 RoundRobin → LocSpecDemux  told(1, 2) to 10.0.0.9:1",
    "0.000 LocSpecDemux[ip] → NetworkOut  told(1, 2) to 10.0.0.9:1",
  ]);
});

test("a trace of one predicate also shows drops", () => {
  expect(traced(({ node }) => node.insert("hello", [1]), "t")).toEqual([
    "0.000 rule put → Tables  t(1)",
    "0.000 Tables → rule tell  t(1)",
  ]);
  expect(traced(({ node }) => node.insert("lose", [1]), "told").at(-1)).toBe(
    "0.000 LocSpecDemux ✗ dropped: no address",
  );
});

test("a trace reports the expression of a failed derivation with its values, once a minute and rule", () => {
  const lines = traced(({ node }) => {
    node.insert("hello", ["x"]);
    node.insert("hello", ["y"]);
  }, "told");
  expect(lines).toEqual(['0.000 rule tell ✗ failed: `X + 1` has no value for X = "x"']);
});

test("a trace reports that a step was undone", () => {
  const lines = traced(({ node }) => node.insert("endless", [1]), "t");
  expect(lines).toEqual(["0.000 rule endless ✗ exceeded the limit of derivations: the step was rolled back"]);
});

test("as JSON a trace has the form of --watch, with the edge and the rule", () => {
  const asked = new AskedNode(PROGRAM);
  asked.request({ do: "trace", predicate: "told" });
  asked.node.insert("hello", [1]);
  expect(asked.replies()[0]).toEqual({
    id: 1,
    seen: {
      t: 0,
      node: "here:1",
      kind: "crossing",
      from: "Strand(tell)",
      port: "out",
      to: "RoundRobin",
      rule: "tell",
      op: "event",
      tuple: ["told", 1, 2],
      loc: "10.0.0.9:1",
    },
  });
});

test("a tuple that is too long for a line is shown by the beginnings of its long values", () => {
  const columns = Array.from({ length: 9 }, () => "L").join(", ");
  const asked = new AskedNode(
    `r: long(1, ${columns}) :- make(X), L := X + X + X.\nh: heard(N) :- long(N, ${columns}).`,
  );
  asked.request({ do: "trace", predicate: "long" });
  asked.node.insert("make", ["x".repeat(200_000)]);
  const [seen] = asked.replies();
  const start = `"${"x".repeat(79)}…`;
  expect(seen).toMatchObject({ seen: { tuple: ["long", 1, ...Array.from({ length: 9 }, () => start)], cut: true } });
});

test("a client that does not read gets the number of missed lines, and the node stores none of them", () => {
  const asked = new AskedNode(PROGRAM);
  asked.request({ do: "trace", form: "text" });
  asked.room = 3;
  for (let n = 0; n < 10; n++) asked.node.insert("hello", [n]);
  expect(asked.replies()).toHaveLength(3);
  asked.room = Infinity;
  asked.session.drained();
  expect(asked.replies()).toEqual([{ id: 1, missed: 77 }]);
  asked.node.insert("hello", [10]);
  expect(asked.replies()).toHaveLength(8);
  asked.session.close();
  asked.node.insert("hello", [11]);
  expect(asked.replies()).toEqual([]);
  expect(asked.node.snitch.isOn).toBe(false);
});

test("a trace of an unknown predicate is refused", () => {
  const [reply] = new AskedNode(PROGRAM).request({ do: "trace", predicate: "tolt" });
  expect(reply).toMatchObject({ ok: false, error: { reason: "program", message: "the node has no predicate `tolt`" } });
});
