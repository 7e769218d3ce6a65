import { expect, test } from "vitest";
import { trainOf } from "../../runtime/plan/values/train.ts";
import { DatagramSockets } from "../../runtime/socket/datagram-sockets.ts";
import type { CallOutcome } from "../../runtime/socket/socket-call.ts";
import { datagramsOf } from "../../runtime/wire/datagram-train.ts";
import { streamOf } from "../../runtime/world/random.ts";
import type { Opened } from "../../runtime/world/streams.ts";
import type { UdpSockets } from "../../runtime/world/udp-sockets.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import type { Values } from "../../runtime/plan/values/value.ts";

/** Socket that notes each datagram, each train as one, and its end. */
function noting(notes: string[], canSendTrains = true): Datagrams {
  return {
    address: "here:7",
    maxPayload: 100,
    counters: { sent: 1, sentBytes: 2, received: 3, receivedBytes: 4, failed: new Map([["too long", 1]]) },
    onDatagram: () => undefined,
    send: (to, bytes) => void notes.push(`${to} ${Buffer.from(bytes).toString()}`),
    ...(canSendTrains && {
      sendTrain: (to, train) =>
        void notes.push(
          `${to} ${datagramsOf(train)
            .map((bytes) => Buffer.from(bytes).toString())
            .join(" and ")}`,
        ),
    }),
    close: async () => void notes.push("closed"),
  };
}

interface Driven {
  readonly sockets: DatagramSockets;
  readonly outcomes: readonly CallOutcome[];
  readonly perform: (call: "open" | "close", query: number, inputs: Values) => void;
}

function socketsOf(udp: UdpSockets | undefined, limit = 2): Driven {
  const owner = { received: (): void => undefined, full: (): void => undefined };
  const sockets = new DatagramSockets(udp, limit, streamOf(1, "sockets"), owner);
  const outcomes: CallOutcome[] = [];
  const finish = (outcome: CallOutcome): void => void outcomes.push(outcome);
  return { sockets, outcomes, perform: (call, query, inputs) => sockets.perform({ call, query, inputs, finish }) };
}

function socketIn(outcome: CallOutcome | undefined): number {
  return outcome?.ok === true ? (outcome.outputs[0] as number) : 0;
}

/** Train of the texts "ab", "cd" and "e". */
const TRAIN = trainOf(["ab", "cd", "e"].map((text) => Buffer.from(text)));

test("a train leaves as one where the socket sends trains, otherwise datagram by datagram", () => {
  for (const canSendTrains of [true, false]) {
    const notes: string[] = [];
    const { sockets, outcomes, perform } = socketsOf({
      open: (_, opened) => opened({ ok: true, value: noting(notes, canSendTrains) }),
    });
    perform("open", 1, ["here:7"]);
    expect(sockets.send(socketIn(outcomes[0]), "there:1", TRAIN)).toBe(true);
    expect(notes).toEqual(canSendTrains ? ["there:1 ab and cd and e"] : ["there:1 ab", "there:1 cd", "there:1 e"]);
  }
});

test("bytes are copied before they are sent, and none leave by the number of no socket", () => {
  const sent: Uint8Array[] = [];
  const socket = { ...noting([]), send: (_: string, bytes: Uint8Array) => void sent.push(bytes) };
  const { sockets, outcomes, perform } = socketsOf({ open: (_, opened) => opened({ ok: true, value: socket }) });
  perform("open", 1, ["here:7"]);
  const memory = new Uint8Array([1, 2, 3]);
  expect(sockets.send(socketIn(outcomes[0]), "there:1", memory.subarray(1))).toBe(true);
  memory.fill(9);
  expect(sent).toEqual([new Uint8Array([2, 3])]);
  expect(sockets.send(12, "there:1", memory)).toBe(false);
});

test("a socket that opens after its call was withdrawn, or after the end of the node, is closed", async () => {
  const notes: string[] = [];
  const waiting: ((outcome: Opened<Datagrams>) => void)[] = [];
  const { sockets, outcomes, perform } = socketsOf({ open: (_, opened) => void waiting.push(opened) });
  perform("open", 1, ["here:7"]);
  perform("open", 2, ["here:8"]);
  expect(sockets.count).toBe(2);
  sockets.withdraw(1);
  waiting[0]?.({ ok: true, value: noting(notes) });
  expect(notes).toEqual(["closed"]);
  await sockets.stop();
  waiting[1]?.({ ok: true, value: noting(notes) });
  expect(notes).toEqual(["closed", "closed"]);
  expect([outcomes, sockets.count]).toEqual([[], 0]);
});

test("sockets that are open or being opened are limited, and failures have their reasons", async () => {
  const reasons = ["not allowed", "in use"];
  const { sockets, outcomes, perform } = socketsOf({
    open: (address, opened) => {
      if (address === "later:1") return;
      const reason = address === "fails:1" ? reasons.shift() : undefined;
      opened(reason === undefined ? { ok: true, value: noting([]) } : { ok: false, reason });
    },
  });
  for (const [query, address] of [
    [1, "fails:1"],
    [2, "fails:1"],
    [3, "later:1"],
    [4, "here:7"],
    [5, "here:8"],
  ] as const) {
    perform("open", query, [address]);
  }
  const socket = socketIn(outcomes[2]);
  perform("close", 6, [socket]);
  perform("close", 7, [socket]);
  expect(outcomes.map((outcome) => (outcome.ok ? outcome.outputs.length : outcome.reason))).toEqual([
    "not allowed",
    "in use",
    1,
    "no room",
    0,
    "no socket",
  ]);
  expect(Object.fromEntries(sockets.counters.failed)).toEqual({
    "open not allowed": 1,
    "open in use": 1,
    "open no room": 1,
    "close no socket": 1,
  });
  await Promise.resolve();
  expect(sockets.traffic).toEqual({
    sent: 1,
    sentBytes: 2,
    received: 3,
    receivedBytes: 4,
    failed: new Map([["too long", 1]]),
  });
  const none = socketsOf(undefined);
  none.perform("open", 1, ["here:7"]);
  expect(none.outcomes).toEqual([{ ok: false, reason: "no network" }]);
});
