import fc from "fast-check";
import { expect, test } from "vitest";
import { Connection } from "../../runtime/socket/connection.ts";
import { ByteBudget } from "../../runtime/socket/byte-budget.ts";
import type { CallOutcome, SocketCall } from "../../runtime/socket/socket-call.ts";
import type { Received, ByteStream, Sent } from "../../runtime/world/streams.ts";

/** Remote end that sends these pieces and then closes. Each arrives when it is released, or has arrived before it is requested. */
class Pieces implements ByteStream {
  readonly peer = "there:1";
  readonly #pieces: Uint8Array[];
  readonly #isThere: boolean;
  #arrived: ((arrival: Received) => void) | undefined;
  asked = 0;

  constructor(pieces: readonly Uint8Array[], isThere: boolean) {
    this.#pieces = [...pieces];
    this.#isThere = isThere;
  }

  receive(arrived: (arrival: Received) => void): void {
    this.asked++;
    this.#arrived = arrived;
    if (this.#isThere) this.letThrough();
  }

  /** Returns false if no request is pending. */
  letThrough(): boolean {
    const arrived = this.#arrived;
    if (arrived === undefined) return false;
    this.#arrived = undefined;
    const bytes = this.#pieces.shift();
    arrived(bytes === undefined ? { kind: "end" } : { kind: "bytes", bytes });
    return true;
  }

  withdraw(): void {
    this.#arrived = undefined;
  }

  /** Callbacks of pending sends, which the test calls. */
  readonly sending: ((outcome: Sent) => void)[] = [];

  send(_: Uint8Array, sent: (outcome: Sent) => void): void {
    this.sending.push(sent);
  }

  shutdown(sent: (outcome: Sent) => void): void {
    this.sending.push(sent);
  }

  close(): void {
    this.#arrived = undefined;
  }
}

function reader(stream: Pieces): {
  readonly connection: Connection;
  readonly room: ByteBudget;
  readonly outcomes: CallOutcome[];
  readonly call: (query: number) => SocketCall;
} {
  const outcomes: CallOutcome[] = [];
  const room = new ByteBudget(1_000_000);
  const nothing = (): void => undefined;
  const connection = new Connection(stream, room, {
    finish: (_, outcome) => outcomes.push(outcome),
    ended: nothing,
    broken: nothing,
    read: nothing,
    written: nothing,
  });
  const call = (query: number): SocketCall => ({ call: "read", query, inputs: [], finish: nothing });
  return { connection, room, outcomes, call };
}

const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 });
const lengths = fc.array(fc.nat({ max: 60 }), { maxLength: 30 });

function text(outcome: CallOutcome): string {
  return outcome.ok ? Buffer.from(outcome.outputs[0] as Uint8Array).toString("hex") : outcome.reason;
}

/** Returns the results of reads of these lengths; 0 stands for whatever has arrived. */
function expected(said: readonly Uint8Array[], asked: readonly number[]): readonly string[] {
  const left = [...said];
  let held = Buffer.alloc(0);
  return asked.map((length) => {
    while (held.length < Math.max(length, 1) && left.length > 0)
      held = Buffer.concat([held, left.shift() as Uint8Array]);
    if (held.length < Math.max(length, 1)) return "end";
    const count = length === 0 ? held.length : length;
    const given = held.subarray(0, count);
    held = held.subarray(count);
    return given.toString("hex");
  });
}

test("reads return the bytes sent, in order and in the requested lengths, for any pieces", () => {
  fc.assert(
    fc.property(pieces, lengths, fc.boolean(), (said, asked, isThere) => {
      const stream = new Pieces(said, isThere);
      const { connection, room, outcomes, call } = reader(stream);
      for (const [query, length] of asked.entries()) connection.read(call(query), length);
      while (stream.letThrough());
      expect(outcomes.map(text)).toEqual(expected(said, asked));
      connection.close("closed");
      expect(room.used).toBe(0);
    }),
  );
});

test("each read requests once, and nothing is requested without a read", () => {
  const stream = new Pieces([new Uint8Array(3), new Uint8Array(3)], false);
  const { connection, outcomes, call } = reader(stream);
  expect(stream.asked).toBe(0);
  connection.read(call(1), 0);
  stream.letThrough();
  expect([stream.asked, outcomes.length]).toEqual([1, 1]);
  expect(stream.letThrough()).toBe(false);
});

test("a cancelled read loses no bytes, and the reads behind it are served", () => {
  const stream = new Pieces([Buffer.from("abc"), Buffer.from("def")], false);
  const { connection, outcomes, call } = reader(stream);
  const [first, second] = [call(1), call(2)];
  connection.read(first, 5);
  connection.read(second, 4);
  stream.letThrough();
  connection.withdraw(first);
  stream.letThrough();
  expect(outcomes).toEqual([{ ok: true, outputs: [new Uint8Array(Buffer.from("abcd"))] }]);
});

test("bytes left by a cancelled read serve a shorter read behind it", () => {
  const stream = new Pieces([Buffer.from("abc"), Buffer.from("def")], false);
  const { connection, outcomes, call } = reader(stream);
  const [first, second, third] = [call(1), call(2), call(3)];
  connection.read(first, 5);
  connection.read(second, 2);
  connection.read(third, 4);
  stream.letThrough();
  connection.withdraw(first);
  expect(outcomes.map(text)).toEqual([Buffer.from("ab").toString("hex")]);
  stream.letThrough();
  expect(outcomes.map(text)).toEqual(["ab", "cdef"].map((words) => Buffer.from(words).toString("hex")));
});

test("the result of a read does not keep the received buffer in memory", () => {
  const stream = new Pieces([Buffer.alloc(60_000)], true);
  const { connection, outcomes, call } = reader(stream);
  connection.read(call(1), 4);
  const [outcome] = outcomes;
  const bytes = outcome?.ok === true ? (outcome.outputs[0] as Uint8Array) : undefined;
  expect(bytes?.buffer.byteLength).toBe(4);
});

test("pending writes use the budget until they end or the socket is closed, and are released once", () => {
  const stream = new Pieces([], false);
  const { connection, room, outcomes, call } = reader(stream);
  connection.write(call(1), new Uint8Array(10));
  connection.write(call(2), new Uint8Array(5));
  expect(room.used).toBe(15);
  stream.sending[0]?.({ ok: true });
  expect(room.used).toBe(5);
  connection.close("closed");
  stream.sending[1]?.({ ok: true });
  expect(room.used).toBe(0);
  expect(outcomes).toEqual([
    { ok: true, outputs: [10] },
    { ok: false, reason: "closed" },
  ]);
});

test("a shutdown waits for the writes before it, refuses those behind it, and leaves reads open", () => {
  const stream = new Pieces([Buffer.from("late")], false);
  const { connection, room, outcomes, call } = reader(stream);
  connection.write(call(1), new Uint8Array(10));
  connection.shutdown(call(2));
  connection.write(call(3), new Uint8Array(10));
  connection.read(call(4), 0);
  expect(outcomes).toEqual([{ ok: false, reason: "shut down" }]);
  for (const sent of stream.sending) sent({ ok: true });
  stream.letThrough();
  connection.shutdown(call(5));
  expect(outcomes.slice(1)).toEqual([
    { ok: true, outputs: [10] },
    { ok: true, outputs: [] },
    { ok: true, outputs: [Buffer.from("late")] },
    { ok: true, outputs: [] },
  ]);
  expect(stream.sending).toHaveLength(2);
  expect(room.used).toBe(0);
});

test("a pending shutdown fails when its socket is closed", () => {
  const { connection, outcomes, call } = reader(new Pieces([], false));
  connection.shutdown(call(1));
  expect(connection.isBusy).toBe(true);
  connection.close("closed");
  expect(outcomes).toEqual([{ ok: false, reason: "closed" }]);
});
