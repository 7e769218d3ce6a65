import { expect, test } from "vitest";
import {
  applyMessage,
  bytesOfStream,
  type InboundStream,
  withObsolete,
  withoutRows,
} from "../../runtime/channel/inbound-stream.ts";
import { keyOfChange, type Message, type RowChange } from "../../runtime/channel/row-change.ts";

const STREAM = 7;
/** More room than the messages of a stream may take. */
const ROOM: number = 1 << 20;

function row(number: number, isThere = true): RowChange {
  return { inlet: 1, isPresent: isThere, args: [number] };
}

function message(number: number, changes: readonly RowChange[], isWhole = false): Message {
  return { receiver: "here:1", stream: STREAM, number, changes, endsSnapshot: isWhole };
}

test("messages are applied in order of their numbers, in any order of arrival", () => {
  const second = applyMessage(undefined, message(1, [row(1)]), 0, ROOM);
  const third = applyMessage(second.state, message(3, [row(3)]), 0, ROOM);
  expect([third.changes, third.ack]).toEqual([[], 1]);
  const all = applyMessage(third.state, message(2, [row(1, false)]), 0, ROOM);
  expect([all.changes, all.ack]).toEqual([[row(1, false), row(3)], 3]);
});

test("a complete snapshot holds the latest change of each row", () => {
  let state: InboundStream | undefined;
  for (const [at, changes] of [
    [row(1), row(2)],
    [row(1, false), row(3)],
    [row(1), row(3, false)],
  ].entries()) {
    ({ state } = applyMessage(state, message(at + 1, changes), 0, ROOM));
  }
  const { snapshotKeys, state: after } = applyMessage(state, message(4, [row(4)], true), 0, ROOM);
  expect(snapshotKeys).toEqual(new Set([4, 1, 2].map((number) => keyOfChange(row(number)))));
  expect(after?.snapshot).toBeUndefined();
});

test("a snapshot of 100,000 rows takes linear time", () => {
  let state: InboundStream | undefined;
  const rows = Array.from({ length: 100_000 }, (_, number) => row(number));
  for (let number = 1; number <= 6250; number++) {
    ({ state } = applyMessage(state, message(number, rows.slice(16 * (number - 1), 16 * number)), 0, ROOM));
  }
  expect(applyMessage(state, message(6251, [], true), 0, ROOM).snapshotKeys?.size).toBe(100_000);
});

test("messages out of order are kept up to a limit", () => {
  const long: RowChange = { inlet: 1, isPresent: true, args: [new Uint8Array(30_000)] };
  let { state } = applyMessage(undefined, message(1, []), 0, ROOM);
  for (const number of [5, 4, 3]) ({ state } = applyMessage(state, message(number, [long]), 0, ROOM));
  expect([...(state?.outOfOrder.keys() ?? [])]).toEqual([5, 4]);
  for (let number = 6; number < 200; number++) ({ state } = applyMessage(state, message(number, []), 0, ROOM));
  expect(state?.outOfOrder.size).toBe(32);
});

test("messages out of order take no more than the room for them, and count as long as they wait", () => {
  const long: RowChange = { inlet: 1, isPresent: true, args: [new Uint8Array(10_000)] };
  let { state } = applyMessage(undefined, message(1, []), 0, ROOM);
  for (const number of [5, 4, 3]) ({ state } = applyMessage(state, message(number, [long]), 0, 25_000));
  expect([...(state?.outOfOrder.keys() ?? [])]).toEqual([5, 4]);
  expect(bytesOfStream(state as InboundStream)).toBeGreaterThan(20_000);
  for (const number of [3, 2]) ({ state } = applyMessage(state, message(number, [row(number)]), 0, 25_000));
  expect(state).toMatchObject({ received: 5, outOfOrderBytes: 0 });
});

test("a row that the stream changes is no longer obsolete", () => {
  const { state } = applyMessage(undefined, message(1, [], true), 0, ROOM);
  const obsolete = withObsolete(state as InboundStream, [row(1), row(2), row(3)]);
  const { state: after } = applyMessage(obsolete, message(2, [row(2)]), 0, ROOM);
  expect([...(after?.obsolete.keys() ?? [])]).toEqual([row(1), row(3)].map(keyOfChange));
  expect([...withoutRows((after as InboundStream).obsolete, [row(3)]).keys()]).toEqual([keyOfChange(row(1))]);
});

test("a stream that never completes its snapshot keeps little of rows that it deletes or changes again and again", () => {
  let state: InboundStream | undefined;
  for (let number = 1; number <= 2_000; number++) {
    const long = (isPresent: boolean): RowChange => ({ inlet: 1, isPresent, args: [`${number}`.padEnd(8_000, "x")] });
    ({ state } = applyMessage(state, message(number, [long(number % 4 === 0)]), 0, ROOM));
    ({ state } = applyMessage(state, message(number + 1, [long(false)]), 0, ROOM));
    number++;
  }
  expect(JSON.stringify(state).length).toBeLessThan(20_000);
});
