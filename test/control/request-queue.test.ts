import { setImmediate as nextTurn } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { RequestQueue } from "../../runtime/control/request-queue.ts";

let events: string[];
let isStalled: boolean;
let queue: RequestQueue;
beforeEach(() => {
  // The queue of an earlier test may have its next turn in this one.
  const own: string[] = [];
  events = own;
  isStalled = false;
  queue = new RequestQueue({
    soon: setImmediate,
    pause: () => own.push("pause"),
    resume: () => own.push("resume"),
    isStalled: () => isStalled,
  });
});

function push(...names: readonly string[]): void {
  for (const name of names) queue.push(() => events.push(name));
}

test("a lone request is answered at once", async () => {
  push("a");
  expect(events).toEqual(["a"]);
  await nextTurn();
  push("b");
  expect(events).toEqual(["a", "resume", "b"]);
});

test("of requests that arrive together one is answered in each turn, and no more are read before the last", async () => {
  push("a", "b", "c");
  expect(events).toEqual(["a", "pause", "pause"]);
  await nextTurn();
  expect(events.slice(3)).toEqual(["b"]);
  await nextTurn();
  expect(events.slice(4)).toEqual(["c"]);
  await nextTurn();
  expect(events.slice(5)).toEqual(["resume"]);
});

test("the requests of two clients are answered in turn", async () => {
  const other = new RequestQueue({
    soon: setImmediate,
    pause: () => undefined,
    resume: () => undefined,
    isStalled: () => false,
  });
  push("a1", "a2", "a3");
  for (const name of ["b1", "b2", "b3"]) other.push(() => events.push(name));
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  expect(events.filter((event) => /\d/.test(event))).toEqual(["a1", "b1", "a2", "b2", "a3", "b3"]);
});

test("requests wait while the client does not read its replies", async () => {
  queue.push(() => (isStalled = true));
  push("b");
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  expect(events).toEqual(["pause"]);
  isStalled = false;
  queue.goOn();
  await nextTurn();
  expect(events).toEqual(["pause", "b"]);
});

test("no request is answered after the end", async () => {
  push("a", "b");
  queue.close();
  await nextTurn();
  expect(events).not.toContain("b");
  expect(queue.isEmpty).toBe(true);
});
