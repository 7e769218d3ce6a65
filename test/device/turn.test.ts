import { expect, test } from "vitest";
import { Turn } from "../../runtime/device/turn.ts";

test("what waits for the end of a turn is done then, in the order in which it came", () => {
  const { turn, done, does } = recorded();
  turn.begin();
  turn.atEnd(does("one"));
  turn.atEnd(does("two"));
  done.push("packets");
  turn.end();
  expect(done).toEqual(["packets", "one", "two"]);
});

test("what waits may have something wait, and begin a turn of its own", () => {
  const { turn, done, does } = recorded();
  turn.begin();
  turn.atEnd(() => {
    turn.begin();
    turn.atEnd(does("of the inner turn"));
    done.push("inner");
    turn.end();
    turn.atEnd(does("of the outer turn"));
    done.push("outer");
  });
  turn.end();
  expect(done).toEqual(["inner", "of the inner turn", "outer", "of the outer turn"]);
});

test("outside of a turn it is done when what is running now is over", async () => {
  const { turn, done, does } = recorded();
  turn.begin();
  turn.end();
  turn.atEnd(does("later"));
  done.push("now");
  await Promise.resolve();
  expect(done).toEqual(["now", "later"]);
});

test("a turn does nothing that was of an earlier one", () => {
  const { turn, done, does } = recorded();
  for (const name of ["first", "second"]) {
    turn.begin();
    turn.atEnd(does(name));
    turn.end();
  }
  expect(done).toEqual(["first", "second"]);
});

function recorded() {
  const turn = new Turn();
  const done: string[] = [];
  return { turn, done, does: (name: string) => (): void => void done.push(name) };
}
