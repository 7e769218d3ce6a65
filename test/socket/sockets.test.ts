import { expect, test } from "vitest";
import { Tcp } from "../../runtime/elements/tcp.ts";
import type { PredicateSpec } from "../../runtime/plan/plan.ts";
import type { StreamCall, StreamEvent } from "../../runtime/plan/stream-call.ts";
import type { Row } from "../../runtime/plan/value.ts";
import { defaultSocketLimits } from "../../runtime/socket/socket-limits.ts";
import type { CallOutcome } from "../../runtime/socket/socket-call.ts";
import { Sockets } from "../../runtime/socket/sockets.ts";
import { streamOf } from "../../runtime/world/random.ts";
import type { Streams } from "../../runtime/world/streams.ts";
import { eventSpec } from "../predicate-spec.ts";

/** A network in which everybody may listen and nobody ever connects. */
const QUIET: Streams = {
  listen: (address, _, opened) => opened({ ok: true, value: { address, close: () => undefined } }),
  connect: () => ({ cancel: () => undefined }),
  close: () => Promise.resolve(),
};

test("calls that wait have an end: one more fails, until one of them has its outcome or is withdrawn", () => {
  const nothing = (): void => undefined;
  const owner = { closed: nothing, turnedAway: nothing, crowded: nothing };
  const sockets = new Sockets(QUIET, { ...defaultSocketLimits, calls: 2 }, streamOf(1, "sockets"), owner);
  const outcomes: CallOutcome[] = [];
  const perform = (call: StreamCall, query: number, inputs: Row): void =>
    sockets.perform({ call, query, inputs, finish: (outcome) => void outcomes.push(outcome) });
  perform("listen", 1, ["here:1"]);
  const [listening] = outcomes.splice(0);
  const inputs = listening?.ok === true ? listening.outputs : [];
  for (const query of [2, 3, 4]) perform("accept", query, inputs);
  expect(outcomes.splice(0)).toEqual([{ ok: false, reason: "no room" }]);
  sockets.withdraw(2);
  perform("accept", 5, inputs);
  expect(outcomes).toEqual([]);
  expect([...sockets.queries]).toEqual([3, 5]);
});

function call(name: StreamCall, event: StreamEvent, arity: number): PredicateSpec {
  return { ...eventSpec(`tcp.${name}.${event}`, arity), role: { kind: "tcp", call: name, event } };
}

test("another node that repeats the query of a call made here has no say in that call", () => {
  const said: Row[] = [];
  const tcp = new Tcp(
    QUIET,
    defaultSocketLimits,
    streamOf(1, "sockets"),
    () => 0,
    () => new Set(),
    ({ tuple }) => void said.push(tuple.args),
  );
  const answer = call("listen", "return", 2);
  const plan = { predicates: [answer], tables: [], strands: [], timers: [] } as unknown as Parameters<Tcp["serve"]>[0];
  tcp.serve(plan);
  const push = (predicate: PredicateSpec, args: Row, provenance: "rule" | "network"): void => {
    tcp.push({ predicate, args, isDelete: false }, provenance);
    tcp.drain();
    tcp.leave();
  };
  push(call("listen", "init", 3), [1, null, "here:1"], "rule");
  const [[, listener = null] = []] = said;
  push(call("accept", "init", 3), [2, null, listener], "rule");
  push(call("accept", "init", 3), [2, "there:1", listener], "network");
  push(call("accept", "over", 1), [2], "network");
  expect([...tcp.sockets.queries]).toEqual([2]);
  expect(tcp.counters.dropped).toEqual(new Map([["tcp: repeated", 1]]));
});
