import { expect, test } from "vitest";
import { IoBatch } from "../../runtime/device/io-batch.ts";

test("what waits for the end of a ioBatch is done then, in the order in which it came", () => {
  const { ioBatch, done, does } = recorded();
  ioBatch.begin();
  ioBatch.defer(does("one"));
  ioBatch.defer(does("two"));
  done.push("packets");
  ioBatch.end();
  expect(done).toEqual(["packets", "one", "two"]);
});

test("what waits may have something wait, and begin a ioBatch of its own", () => {
  const { ioBatch, done, does } = recorded();
  ioBatch.begin();
  ioBatch.defer(() => {
    ioBatch.begin();
    ioBatch.defer(does("of the inner ioBatch"));
    done.push("inner");
    ioBatch.end();
    ioBatch.defer(does("of the outer ioBatch"));
    done.push("outer");
  });
  ioBatch.end();
  expect(done).toEqual(["inner", "of the inner ioBatch", "outer", "of the outer ioBatch"]);
});

test("outside of a ioBatch it is done when what is running now is over", async () => {
  const { ioBatch, done, does } = recorded();
  ioBatch.begin();
  ioBatch.end();
  ioBatch.defer(does("later"));
  done.push("now");
  await Promise.resolve();
  expect(done).toEqual(["now", "later"]);
});

test("a ioBatch does nothing that was of an earlier one", () => {
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
