import { describe, expect, test } from "vitest";
import { RoutingNetwork } from "./routing.ts";

const COUNT = 10;
const LINKS = 18;
const CHANGES = 12;

describe.for(["programs/dv.mzl", "programs/pv.mzl", "programs/ls.mzl"])("%s", (program) => {
  test("has the shortest paths after links were added, cut and changed in cost", () => {
    const routing = new RoutingNetwork(program, COUNT, 1);
    for (let link = 0; link < LINKS; link++) routing.add();
    for (let change = 0; change < CHANGES; change++) {
      routing.change();
      routing.rest();
      expect(routing.found()).toEqual(routing.wanted());
      expect(routing.astray()).toEqual([]);
    }
  });

  test("finds them after loss ends", () => {
    const routing = new RoutingNetwork(program, COUNT, 2);
    routing.lose(0.2);
    for (let link = 0; link < LINKS; link++) routing.add();
    for (let change = 0; change < CHANGES; change++) {
      routing.network.pass(0.3);
      routing.change();
    }
    routing.lose(0);
    routing.rest();
    expect(routing.found()).toEqual(routing.wanted());
    expect(routing.astray()).toEqual([]);
  });
});

test("a path of pv.mzl never has a loop", () => {
  const routing = new RoutingNetwork("programs/pv.mzl", COUNT, 3);
  for (let link = 0; link < LINKS; link++) routing.add();
  for (let change = 0; change < CHANGES; change++) {
    for (let step = 0; step < 20; step++) {
      routing.network.pass(0.005);
      for (const me of routing.addresses) {
        for (const [, , path] of routing.best(me))
          expect(new Set(path as string[]).size).toBe((path as string[]).length);
      }
    }
    routing.change();
  }
});
