import { expect, test } from "vitest";
import { Tcp } from "../../runtime/elements/tcp.ts";
import { Address } from "../../runtime/plan/values/address.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { StreamCall, StreamEvent } from "../../runtime/plan/values/stream-call.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { defaultSocketLimits, type SocketLimits } from "../../runtime/socket/socket-limits.ts";
import type { CallOutcome } from "../../runtime/socket/socket-call.ts";
import { Sockets } from "../../runtime/socket/sockets.ts";
import { streamOf } from "../../runtime/world/random.ts";
import type { ByteStream, Listening, Opened, Streams } from "../../runtime/world/streams.ts";
import { eventSpec } from "../predicate-spec.ts";

/** A network in which everybody may listen and nobody ever connects. */
const QUIET: Streams = {
  listen: (address, _, opened) => opened({ ok: true, value: { address, close: () => undefined } }),
  connect: () => ({ cancel: () => undefined }),
  close: () => Promise.resolve(),
};

/** Sockets that tell nobody of anything, and what calls of them came to. */
function socketsOn(
  streams: Streams,
  limits: Partial<SocketLimits> = {},
): {
  readonly sockets: Sockets;
  readonly outcomes: CallOutcome[];
  readonly perform: (call: StreamCall, query: number, inputs: Values) => void;
} {
  const nothing = (): void => undefined;
  const owner = { closed: nothing, turnedAway: nothing, full: nothing };
  const sockets = new Sockets(streams, { ...defaultSocketLimits, ...limits }, streamOf(1, "sockets"), owner);
  const outcomes: CallOutcome[] = [];
  const finish = (outcome: CallOutcome): void => void outcomes.push(outcome);
  return { sockets, outcomes, perform: (call, query, inputs) => sockets.perform({ call, query, inputs, finish }) };
}

function outputsOf(outcome: CallOutcome | undefined): Values {
  return outcome?.ok === true ? outcome.outputs : [];
}

test("calls that wait have an end: one more fails, until one of them has its outcome or is withdrawn", () => {
  const { sockets, outcomes, perform } = socketsOn(QUIET, { calls: 2 });
  perform("listen", 1, ["here:1"]);
  const inputs = outputsOf(outcomes.shift());
  for (const query of [2, 3, 4]) perform("accept", query, inputs);
  expect(outcomes.splice(0)).toEqual([{ ok: false, reason: "no room" }]);
  sockets.withdraw(2);
  perform("accept", 5, inputs);
  expect(outcomes).toEqual([]);
  expect([...sockets.queries]).toEqual([3, 5]);
});

test("a socket that listens only when nobody waits for it any more is closed", () => {
  const opened: ((outcome: Opened<Listening>) => void)[] = [];
  const { sockets, outcomes, perform } = socketsOn({ ...QUIET, listen: (_, __, done) => void opened.push(done) });
  perform("listen", 1, ["here:1"]);
  sockets.withdraw(1);
  let isClosed = false;
  opened[0]?.({ ok: true, value: { address: "here:1", close: () => (isClosed = true) } });
  expect(isClosed).toBe(true);
  expect([outcomes, sockets.count]).toEqual([[], 0]);
});

/** A far end that takes what is written when it gets to it. */
class SlowStream implements ByteStream {
  readonly peer = "there:1";
  readonly taken: Uint8Array[] = [];

  receive(): void {
    // It says nothing.
  }

  withdraw(): void {
    // Nothing was about to come.
  }

  send(bytes: Uint8Array): void {
    this.taken.push(bytes);
  }

  close(): void {
    // It is nobody's.
  }
}

test("what is written stays as it was when it was written, though its memory is a device's", () => {
  const stream = new SlowStream();
  const connect: Streams["connect"] = (_, opened) => {
    opened({ ok: true, value: stream });
    return { cancel: () => undefined };
  };
  const { outcomes, perform } = socketsOn({ ...QUIET, connect });
  perform("connect", 1, ["there:1"]);
  const [socket = null] = outputsOf(outcomes.shift());
  const memory = new Uint8Array([1, 2, 3, 4]);
  perform("write", 2, [socket, memory.subarray(1, 3)]);
  memory.fill(9);
  expect(stream.taken).toEqual([new Uint8Array([2, 3])]);
});

function call(name: StreamCall, event: StreamEvent, arity: number): PredicateSpec {
  return { ...eventSpec(`tcp.${name}.${event}`, arity), role: { kind: "tcp", call: name, event } };
}

interface Driven {
  readonly tcp: Tcp;
  /** The outcomes of calls, those of other nodes with where they are wanted. */
  readonly said: readonly Values[];
  readonly step: (provenance: "rule" | "network", ...calls: readonly (readonly [PredicateSpec, Values])[]) => void;
}

/** Queries here are smaller; sockets are not, but for one seed in ten million million. */
const QUERIES = 10;

/** The calls of a node on a network; rows of it hold those that wait, and no socket. */
function drive(streams: Streams, limits: Partial<SocketLimits> = {}): Driven {
  const said: Values[] = [];
  const tcp = new Tcp({
    streams,
    limits: { ...defaultSocketLimits, ...limits },
    draw: streamOf(1, "sockets"),
    now: () => 0,
    findUnreferenced: (numbers) => new Set([...numbers].filter((number) => number > QUERIES)),
    out: ({ tuple: { args } }) => void said.push(args),
  });
  const outcomes = (["listen", "connect", "read"] as const).flatMap((name) => [
    call(name, "return", 2),
    call(name, "fail", 2),
    call(name, "answered", 3),
    call(name, "refused", 3),
  ]);
  tcp.serve(outcomes);
  const step: Driven["step"] = (provenance, ...calls) => {
    for (const [predicate, args] of calls) tcp.push({ predicate, args, isDelete: false }, provenance);
    tcp.flushRound();
    tcp.commit();
  };
  return { tcp, said, step };
}

test("another node that repeats the query of a call made here has no say in that call", () => {
  const { tcp, said, step } = drive(QUIET);
  step("rule", [call("listen", "init", 3), [1, null, "here:1"]]);
  const [[, listener = null] = []] = said;
  step("rule", [call("accept", "init", 3), [2, null, listener]]);
  step("network", [call("accept", "init", 3), [2, "there:1", listener]]);
  step("network", [call("accept", "over", 1), [2]]);
  expect([...tcp.sockets.queries]).toEqual([2]);
  expect(tcp.counters.dropped).toEqual(new Map([["tcp: repeated", 1]]));
});

test("a call of another node is answered as it was made, whatever lies by then where it came from", () => {
  const opened: ((outcome: Opened<Listening>) => void)[] = [];
  const { said, step } = drive({ ...QUIET, listen: (_, __, done) => void opened.push(done) });
  const datagram = Uint8Array.of(1, 2, 3, 4);
  const back = new Address("outer", datagram.subarray(1, 3), []);
  step("network", [call("listen", "init", 3), [1, back, "here:1"]]);
  datagram.fill(0);
  opened[0]?.({ ok: false, reason: "in use" });
  expect(said).toEqual([[1, new Address("outer", Uint8Array.of(2, 3), []), "in use"]]);
});

test("a socket that a call of the same step is about is not closed to make room for another", () => {
  const connect: Streams["connect"] = (_, opened) => {
    opened({ ok: true, value: new SlowStream() });
    return { cancel: () => undefined };
  };
  const { tcp, said, step } = drive({ ...QUIET, connect }, { sockets: 1 });
  step("rule", [call("connect", "init", 3), [1, null, "there:1"]]);
  const [[, socket = null] = []] = said;
  step("rule", [call("connect", "init", 3), [2, null, "there:2"]], [call("read", "init", 4), [3, null, socket, 0]]);
  expect(said.slice(1)).toEqual([[2, "no room"]]);
  expect([...tcp.sockets.queries]).toEqual([3]);
});

test("calls of one round are made in the order of their kinds, then in that of values", () => {
  const stream = new SlowStream();
  const asked: string[] = [];
  const connect: Streams["connect"] = (address, opened) => {
    asked.push(address);
    opened({ ok: true, value: stream });
    return { cancel: () => undefined };
  };
  const { said, step } = drive({ ...QUIET, connect });
  step("rule", [call("connect", "init", 3), [1, null, "there:1"]]);
  const [[, socket = null] = []] = said;
  const write = (query: number, text: string): readonly [PredicateSpec, Values] => [
    call("write", "init", 4),
    [query, null, socket, text],
  ];
  const join = (query: number, address: string): readonly [PredicateSpec, Values] => [
    call("connect", "init", 3),
    [query, null, address],
  ];
  step("rule", write(2, "b"), join(3, "there:3"), write(4, "a"), join(5, "there:2"));
  expect(asked).toEqual(["there:1", "there:2", "there:3"]);
  expect(stream.taken.map((bytes) => Buffer.from(bytes).toString())).toEqual(["a", "b"]);
});
