import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { REPLAY_WINDOW, ReplayWindow } from "../../runtime/link/replay-window.ts";
import { compareWithList, ListedCounters } from "./listed-counters.ts";

describe("a replay window", () => {
  test("is as wide as that of WireGuard", () => {
    expect(REPLAY_WINDOW).toBe(8128);
  });

  test("accepts each counter once, in any order", () => {
    expect(accepted([0, 0, 2, 1, 2, 1, 3])).toEqual([true, false, true, true, false, false, true]);
  });

  test("accepts the oldest counter of the window and none before it", () => {
    expect(accepted([8127, 0, 0])).toEqual([true, true, false]);
    expect(accepted([8128, 0, 1])).toEqual([true, false, true]);
  });

  test("does not take a new counter for the one that had its bit before", () => {
    expect(accepted([5, 8192, 8197, 8197])).toEqual([true, true, true, false]);
    expect(accepted([5, 8192 + 31, 8192 + 5])).toEqual([true, true, true]);
  });

  test("forgets everything when a counter is ahead by more than the ring", () => {
    expect(accepted([0, 40, 2 ** 40, 2 ** 40 - 8127, 2 ** 40 - 8128, 40])).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test("knows counters up to 2^53 - 1", () => {
    const last = Number.MAX_SAFE_INTEGER;
    expect(accepted([last, last, last - 1, last - 8127, last - 8128])).toEqual([true, false, true, true, false]);
  });

  test("admits what it would accept, and changes nothing by saying so", () => {
    const window = new ReplayWindow();
    expect([window.admits(9), window.admits(9), window.accept(9), window.admits(9)]).toEqual([true, true, true, false]);
  });

  test("of one lane knows nothing of the other", () => {
    const lanes = [new ReplayWindow(), new ReplayWindow()] as const;
    expect([lanes[0].accept(100_000), lanes[1].accept(3), lanes[1].accept(3), lanes[0].accept(3)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("equals a plain list, whatever the order", () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: -64, max: 64 }) },
        { weight: 5, arbitrary: fc.integer({ min: -8200, max: 8200 }) },
        { weight: 5, arbitrary: fc.constantFrom(-8129, -8128, -8127, -8126, 8127, 8128, 8191, 8192, 8193, 31, 32, 33) },
        { weight: 1, arbitrary: fc.integer({ min: 8192, max: 2 ** 40 }) },
      ),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(steps, fc.nat(20_000), (moves, start) => {
        expect(differences(start, moves)).toEqual([]);
      }),
    );
  });

  test("equals a plain list for 100,000 datagrams of two lanes", () => {
    expect(compareWithList(100_000, 7)).toEqual({ differences: 0, datagrams: 100_000 });
  });
});

function accepted(counters: readonly number[]): readonly boolean[] {
  const window = new ReplayWindow();
  return counters.map((counter) => window.accept(counter));
}

/** Counters about which window and list differ. Each counter has that distance from the greatest one before. */
function differences(start: number, moves: readonly number[]): readonly number[] {
  const window = new ReplayWindow();
  const list = new ListedCounters();
  let greatest = start;
  return moves.filter((move) => {
    const counter = Math.max(0, greatest + move);
    greatest = Math.max(greatest, counter);
    const isAdmitted = window.admits(counter);
    const isNew = list.accept(counter);
    return isAdmitted !== isNew || window.accept(counter) !== isNew;
  });
}
