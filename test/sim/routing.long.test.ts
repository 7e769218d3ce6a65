import { expect, test } from "vitest";
import { RoutingNetwork } from "./routing.ts";

const COUNT = 50;
const LINKS = 100;
const CHANGES = 20;

test.for(["programs/dv.mzl", "programs/pv.mzl", "programs/ls.mzl"])(
  "%s on 50 nodes: shortest paths after every change, and once loss ends",
  { timeout: 1_800_000 },
  (program) => {
    const routing = new RoutingNetwork(program, COUNT, 4);
    for (let link = 0; link < LINKS; link++) routing.add();
    for (let change = 0; change <= CHANGES; change++) {
      routing.rest();
      expect(routing.found()).toEqual(routing.wanted());
      expect(routing.astray()).toEqual([]);
      routing.change();
    }
    routing.lose(0.2);
    for (let change = 0; change < CHANGES; change++) {
      routing.change();
      routing.network.pass(1);
    }
    routing.lose(0);
    routing.rest();
    expect(routing.found()).toEqual(routing.wanted());
  },
);
