import { expect, test } from "vitest";
import { Tcp } from "../../runtime/elements/tcp.ts";
import { Address } from "../../runtime/plan/values/address.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { SocketEvent } from "../../runtime/plan/values/socket-view.ts";
import type { StreamCall } from "../../runtime/plan/values/stream-call.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { defaultSocketLimits, type SocketLimits } from "../../runtime/socket/socket-limits.ts";
import type { CallOutcome } from "../../runtime/socket/socket-call.ts";
import { Sockets } from "../../runtime/socket/sockets.ts";
import { streamOf } from "../../runtime/world/random.ts";
import type { ByteStream, Listening, Opened, Streams } from "../../runtime/world/streams.ts";
import { eventSpec } from "../predicate-spec.ts";

/** Network in which listening succeeds and nobody connects. */
const QUIET: Streams = {
  listen: (address, _, opened) => opened({ ok: true, value: { address, close: () => undefined } }),
  connect: () => ({ cancel: () => undefined }),
  close: () => Promise.resolve(),
};

/** Creates sockets without an owner, and collects the outcomes of their calls. */
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

test("pending calls are limited: one more fails until another has its outcome or is cancelled", () => {
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

test("a socket that opens after its call was cancelled is closed", () => {
  const opened: ((outcome: Opened<Listening>) => void)[] = [];
  const { sockets, outcomes, perform } = socketsOn({ ...QUIET, listen: (_, __, done) => void opened.push(done) });
  perform("listen", 1, ["here:1"]);
  sockets.withdraw(1);
  let isClosed = false;
  opened[0]?.({ ok: true, value: { address: "here:1", close: () => (isClosed = true) } });
  expect(isClosed).toBe(true);
  expect([outcomes, sockets.count]).toEqual([[], 0]);
});

/** Remote end that reads written bytes later. */
class SlowStream implements ByteStream {
  readonly peer = "there:1";
  readonly taken: Uint8Array[] = [];

  receive(): void {
    // It sends nothing.
  }

  withdraw(): void {
    // No request is pending.
  }

  send(bytes: Uint8Array): void {
    this.taken.push(bytes);
  }

  shutdown(): void {
    // It never ends.
  }

  close(): void {
    // Nothing to release.
  }
}

test("written bytes are copied: a change of the device buffer does not affect them", () => {
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

function call(name: StreamCall, event: SocketEvent, arity: number): PredicateSpec {
  return { ...eventSpec(`tcp.${name}.${event}`, arity), role: { kind: "tcp", call: name, event } };
}

interface Driven {
  readonly tcp: Tcp;
  /** Outcomes of calls. Those for other nodes include the address of the caller. */
  readonly outcomes: readonly Values[];
  readonly step: (provenance: "rule" | "network", ...calls: readonly (readonly [PredicateSpec, Values])[]) => void;
}

/** Query ids in these tests are smaller than this; socket numbers are larger, except for one seed in 10^13. */
const QUERIES = 10;

/** Creates the element Tcp on a network. The rows of the node contain the pending queries and no socket. */
function drive(streams: Streams, limits: Partial<SocketLimits> = {}): Driven {
  const outcomes: Values[] = [];
  const tcp = new Tcp({
    streams,
    limits: { ...defaultSocketLimits, ...limits },
    draw: streamOf(1, "sockets"),
    now: () => 0,
    findUnreferenced: (numbers) => new Set([...numbers].filter((number) => number > QUERIES)),
    out: ({ tuple: { args } }) => void outcomes.push(args),
  });
  const events = (["listen", "connect", "read"] as const).flatMap((name) => [
    call(name, "return", 2),
    call(name, "fail", 2),
    call(name, "answered", 3),
    call(name, "refused", 3),
  ]);
  tcp.serve(events);
  const step: Driven["step"] = (provenance, ...calls) => {
    for (const [predicate, args] of calls) tcp.push({ predicate, args, isDelete: false }, provenance);
    tcp.flushRound();
    tcp.commit();
  };
  return { tcp, outcomes, step };
}

test("another node cannot affect a local call by repeating its query id", () => {
  const { tcp, outcomes, step } = drive(QUIET);
  step("rule", [call("listen", "init", 3), [1, null, "here:1"]]);
  const [[, listener = null] = []] = outcomes;
  step("rule", [call("accept", "init", 3), [2, null, listener]]);
  step("network", [call("accept", "init", 3), [2, "there:1", listener]]);
  step("network", [call("accept", "over", 1), [2]]);
  expect([...tcp.sockets.queries]).toEqual([2]);
  expect(tcp.counters.dropped).toEqual(new Map([["tcp: repeated", 1]]));
});

test("a call of another node is answered to its address, even if the memory of the call was reused", () => {
  const opened: ((outcome: Opened<Listening>) => void)[] = [];
  const { outcomes, step } = drive({ ...QUIET, listen: (_, __, done) => void opened.push(done) });
  const datagram = Uint8Array.of(1, 2, 3, 4);
  const back = new Address("outer", datagram.subarray(1, 3), []);
  step("network", [call("listen", "init", 3), [1, back, "here:1"]]);
  datagram.fill(0);
  opened[0]?.({ ok: false, reason: "in use" });
  expect(outcomes).toEqual([[1, new Address("outer", Uint8Array.of(2, 3), []), "in use"]]);
});

test("a socket used by a call of the same step is not closed to make room", () => {
  const connect: Streams["connect"] = (_, opened) => {
    opened({ ok: true, value: new SlowStream() });
    return { cancel: () => undefined };
  };
  const { tcp, outcomes, step } = drive({ ...QUIET, connect }, { sockets: 1 });
  step("rule", [call("connect", "init", 3), [1, null, "there:1"]]);
  const [[, socket = null] = []] = outcomes;
  step("rule", [call("connect", "init", 3), [2, null, "there:2"]], [call("read", "init", 4), [3, null, socket, 0]]);
  expect(outcomes.slice(1)).toEqual([[2, "no room"]]);
  expect([...tcp.sockets.queries]).toEqual([3]);
});

test("calls of one round are performed by kind, then in the order of values", () => {
  const stream = new SlowStream();
  const asked: string[] = [];
  const connect: Streams["connect"] = (address, opened) => {
    asked.push(address);
    opened({ ok: true, value: stream });
    return { cancel: () => undefined };
  };
  const { outcomes, step } = drive({ ...QUIET, connect });
  step("rule", [call("connect", "init", 3), [1, null, "there:1"]]);
  const [[, socket = null] = []] = outcomes;
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
