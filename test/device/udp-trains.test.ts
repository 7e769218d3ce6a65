import { beforeEach, describe, expect, test, vi } from "vitest";
import { segmentsOf, Train, trainOf } from "../../runtime/plan/values/train.ts";
import { type DatagramTrain, datagramsOf } from "../../runtime/wire/datagram-train.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { needs } from "../needs.ts";
import { openSocket } from "./open-socket.ts";

const TRAINS = { trains: true } as const;

beforeEach(({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
});

/** A train of datagrams of `h`, a segment and `t`. The frame of the last one may have another length. */
function datagrams(count: number, length: number, lastLength: number): DatagramTrain {
  const rows = Array.from({ length: count }, (_, row) =>
    new Uint8Array(row === count - 1 ? lastLength : length).fill(row),
  );
  const [head, tail] = [Buffer.from("h"), Buffer.from("t")];
  return { train: trainOf(rows) as Train, head, tail, lastHead: head, lastTail: tail };
}

/** Returns all datagrams that arrive, single or in trains, and the number that arrived in trains. */
function arrivals(socket: Datagrams): { readonly all: Uint8Array[]; inTrains: number } {
  const arrived = { all: [] as Uint8Array[], inTrains: 0 };
  socket.onDatagram(({ bytes }) => {
    const rows = segmentsOf(bytes).map((row) => row.slice());
    arrived.all.push(...rows);
    if (bytes instanceof Train) arrived.inTrains += rows.length;
  });
  return arrived;
}

describe("a train of datagrams", () => {
  test.each([
    [2, 10, 10],
    [30, 1400, 1],
    [64, 1000, 1000],
    [300, 1300, 700],
    [1, 1200, 1200],
  ])("of %d arrives whole and in order, each %d bytes long and the last %d", async (count, length, lastLength) => {
    const [here, there] = [await openSocket("127.0.0.1:0", TRAINS), await openSocket("127.0.0.1:0", TRAINS)];
    const arrived = arrivals(there);
    const train = datagrams(Math.max(2, count), length, lastLength);
    here.sendTrain?.(there.address, train);
    await vi.waitFor(() => expect(arrived.all.length).toBe(train.train.count));
    expect(arrived.all).toEqual(datagramsOf(train).map((bytes) => new Uint8Array(bytes)));
    expect(here.counters).toMatchObject({ sent: train.train.count, failed: new Map() });
    expect(there.counters).toMatchObject({ received: train.train.count });
  });

  test.each([{ gso: false }, { gro: false }, { gso: false, gro: false }])("crosses with %j too", async (offload) => {
    const options = { ...TRAINS, ...offload };
    const [here, there] = [await openSocket("127.0.0.1:0", options), await openSocket("127.0.0.1:0", options)];
    const arrived = arrivals(there);
    here.sendTrain?.(there.address, datagrams(50, 1300, 40));
    await vi.waitFor(() => expect(arrived.all.length).toBe(50));
    expect(arrived.all).toEqual(datagramsOf(datagrams(50, 1300, 40)).map((bytes) => new Uint8Array(bytes)));
    expect(here.offload).toMatchObject({ segments: offload.gso !== false, segmented: offload.gso === false ? 0 : 1 });
    expect(there.offload).toMatchObject({ joins: offload.gro !== false });
  });

  test.each([
    ["the first", [9, 0, 0, 0], 20],
    ["one between", [0, 0, 9, 0], 20],
    ["the last", [0, 0, 0, 9], 20],
    ["none", [0, 0, 0, 0], 100],
  ])("has the common prefix of its segments where %s differs", async (_, others, commonPrefix) => {
    const [here, there] = [await openSocket("127.0.0.1:0", TRAINS), await openSocket("127.0.0.1:0", TRAINS)];
    const arrived: Uint8Array[] = [];
    there.onDatagram(({ bytes }) => arrived.push(bytes));
    const rows = others.map((other) => new Uint8Array(100).fill(other, 20, 21));
    const nothing = new Uint8Array(0);
    const around = { head: nothing, tail: nothing, lastHead: nothing, lastTail: nothing };
    here.sendTrain?.(there.address, { train: trainOf(rows) as Train, ...around });
    await vi.waitFor(() => expect(arrived.length).toBe(1));
    expect(arrived[0]).toMatchObject({ count: 4, commonPrefix: commonPrefix });
  });

  test("is delivered one by one to a receiver without trains", async () => {
    const [here, there] = [await openSocket("127.0.0.1:0", TRAINS), await openSocket()];
    const arrived = arrivals(there);
    here.sendTrain?.(there.address, datagrams(20, 100, 100));
    await vi.waitFor(() => expect(arrived.all.length).toBe(20));
    expect(arrived.inTrains).toBe(0);
  });

  test("waits for the lookup of a name, in order with other datagrams", async () => {
    const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
    const [here, there] = [await openSocket("127.0.0.1:0", { resolve }), await openSocket()];
    const arrived = arrivals(there);
    const to = there.address.replace("127.0.0.1", "peer.example");
    here.send(to, Buffer.from("first"));
    here.sendTrain?.(to, datagrams(3, 10, 5));
    here.send(to, Buffer.from("last"));
    await vi.waitFor(() => expect(arrived.all.map((bytes) => bytes.length)).toEqual([5, 12, 12, 7, 4]));
  });
});

test("datagrams of one callback to several destinations keep the order per destination, in any number", async () => {
  const [here, one, two] = [await openSocket("127.0.0.1:0", TRAINS), await openSocket(), await openSocket()];
  const [first, second] = [arrivals(one), arrivals(two)];
  const numbers = Array.from({ length: 1000 }, (_, number) => number);
  for (const number of numbers) {
    here.send(number % 3 === 0 ? one.address : two.address, Buffer.alloc(4 + (number % 5), number));
  }
  const sent = (isFirst: boolean): readonly Uint8Array[] =>
    numbers
      .filter((number) => (number % 3 === 0) === isFirst)
      .map((number) => new Uint8Array(4 + (number % 5)).fill(number));
  await vi.waitFor(() => expect([first.all.length, second.all.length]).toEqual([334, 666]));
  expect([first.all, second.all]).toEqual([sent(true), sent(false)]);
});
