import { beforeEach, expect, test, vi } from "vitest";
import { needs } from "../needs.ts";
import { openSocket } from "./open-socket.ts";

/** Greatest payload of UDP over IPv4. */
const LONGEST = 65_507;

beforeEach(({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
});

test("a probe of any length is sent unless it exceeds the MTU of the interface", async () => {
  const [here, there] = [await openSocket("127.0.0.1:0"), await openSocket("127.0.0.1:0")];
  const lengths: number[] = [];
  there.onDatagram(({ bytes }) => lengths.push(bytes.length));
  const left = [9_000, LONGEST, LONGEST + 1].map((size) => here.probe?.(there.address, new Uint8Array(size)));
  expect(left).toEqual([true, true, false]);
  await vi.waitFor(() => expect(lengths).toEqual([9_000, LONGEST]));
  expect(here.counters).toMatchObject({ sent: 2, sentBytes: 9_000 + LONGEST });
  expect(here.counters.failed.size).toBe(0);
});
