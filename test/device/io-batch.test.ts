import { expect, test } from "vitest";
import { IoBatch } from "../../runtime/device/io-batch.ts";

test("deferred work runs at the end of an I/O batch, in order", () => {
  const { ioBatch, done, does } = recorded();
  ioBatch.begin();
  ioBatch.defer(does("one"));
  ioBatch.defer(does("two"));
  done.push("packets");
  ioBatch.end();
  expect(done).toEqual(["packets", "one", "two"]);
});

test("deferred work may defer more work, and begin a nested I/O batch", () => {
  const { ioBatch, done, does } = recorded();
  ioBatch.begin();
  ioBatch.defer(() => {
    ioBatch.begin();
    ioBatch.defer(does("deferred in the inner batch"));
    done.push("inner");
    ioBatch.end();
    ioBatch.defer(does("deferred in the outer batch"));
    done.push("outer");
  });
  ioBatch.end();
  expect(done).toEqual(["inner", "deferred in the inner batch", "outer", "deferred in the outer batch"]);
});

test("outside an I/O batch deferred work runs after the current work", async () => {
  const { ioBatch, done, does } = recorded();
  ioBatch.begin();
  ioBatch.end();
  ioBatch.defer(does("later"));
  done.push("now");
  await Promise.resolve();
  expect(done).toEqual(["now", "later"]);
});

test("an I/O batch does not repeat work of an earlier one", () => {
  const { ioBatch, done, does } = recorded();
  for (const name of ["first", "second"]) {
    ioBatch.begin();
    ioBatch.defer(does(name));
    ioBatch.end();
  }
  expect(done).toEqual(["first", "second"]);
});

function recorded() {
  const ioBatch = new IoBatch();
  const done: string[] = [];
  return { ioBatch, done, does: (name: string) => (): void => void done.push(name) };
}
