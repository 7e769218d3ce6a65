import { describe, expect, test } from "vitest";
import { type RandomStream, streamOf } from "../../runtime/world/random.ts";
import { ProgramNetwork } from "./program-network.ts";

const NAMES = ["a:1", "b:1", "c:1", "d:1"];
/** Rows expire between the times of commands and of checks. */
const LIFETIME = 3.25;
const BEAT = 0.5;
const WORDS = ["x", "y"];

const ALIVE = `
materialize(next, infinity, infinity, keys(1)).
materialize(alive, ${LIFETIME}, infinity, keys(1)).
a: alive@N(W) :- alive@M(W), next@M(N).
b: alive(W) :- beat(W).
`;

/** The same through a table without lifetime, and a body that spans locations. */
const TOLD = `
materialize(next, infinity, infinity, keys(1)).
materialize(alive, ${LIFETIME}, infinity, keys(1)).
materialize(told, infinity, infinity, keys(1,2)).
a: told@N(M, W) :- alive@M(W), next@M(N).
b: alive(W) :- told(_, W).
c: alive(W) :- beat(W).
`;

/** The same with the number of hops, of which the least is kept. */
const HOPS = `
materialize(next, infinity, infinity, keys(1)).
materialize(way, ${LIFETIME}, infinity, keys(1,2)).
materialize(alive, ${LIFETIME}, infinity, keys(1)).
materialize(put, ${LIFETIME}, infinity, keys(1)).
a: way@N(W, D) :- alive@M(W, C), next@M(N), D := C + 1, D < 9.
b: way(W, 0) :- put(W).
c: alive(W, min<D>) :- way(W, D).
d: put(W) :- beat(W).
`;

/** Expected rows, computed independently from the inserts, their times and the links. */
class Expected {
  readonly #puts = new Map<string, number>();
  readonly links = new Set<string>();

  put(at: string, word: string, now: number): void {
    this.#puts.set(`${at} ${word}`, now);
  }

  hasEverPut(at: string, word: string): boolean {
    return this.#puts.has(`${at} ${word}`);
  }

  has(at: string, word: string, now: number): boolean {
    return NAMES.some((from) => {
      const put = this.#puts.get(`${from} ${word}`) ?? -Infinity;
      return put + LIFETIME > now && this.#reaches(from, at);
    });
  }

  #reaches(from: string, to: string): boolean {
    const reached = new Set([from]);
    for (const here of reached) for (const next of NAMES) if (this.links.has(`${here} ${next}`)) reached.add(next);
    return reached.has(to);
  }
}

function act(net: ProgramNetwork, expected: Expected, draw: RandomStream, puts: boolean): void {
  const [one, other, word] = [pick(NAMES, draw), pick(NAMES, draw), pick(WORDS, draw)];
  if (puts && draw.integer(3) > 0) {
    net.node(one).insert("beat", [word]);
    expected.put(one, word, net.simulation.now);
  } else if (expected.links.delete(`${one} ${other}`)) net.node(one).delete("next", [other]);
  else {
    net.node(one).insert("next", [other]);
    expected.links.add(`${one} ${other}`);
  }
}

function pick<T>(items: readonly T[], draw: RandomStream): T {
  return items[draw.integer(items.length)] as T;
}

function holders(net: ProgramNetwork, word: string): readonly string[] {
  return NAMES.filter((name) => net.rows(name, "alive").some(([first]) => first === word));
}

describe.for([
  { name: "one table", program: ALIVE },
  { name: "a table beside it that keeps rows for ever", program: TOLD },
  { name: "the least of several", program: HOPS },
])("rows that live for a time, derived round circles of nodes: $name", ({ program }) => {
  test.for([1, 2, 3, 4])("exist exactly where an unexpired row leads (seed %i)", (seed) => {
    const net = new ProgramNetwork({ program, addresses: NAMES, seed, faults: { delay: 0.001 } });
    const expected = new Expected();
    const draw = streamOf(seed, "soft");
    for (let beat = 0; beat < 60; beat++) {
      act(net, expected, draw, true);
      net.pass(BEAT - 0.05);
      for (const word of WORDS) {
        const wanted = NAMES.filter((name) => expected.has(name, word, net.simulation.now));
        const found = holders(net, word);
        // An inserted row that is also derived stays in its table a while longer.
        const sure = found.filter((name) => wanted.includes(name) || !expected.hasEverPut(name, word));
        expect(`${beat} ${word}: ${sure.join(" ")}`).toBe(`${beat} ${word}: ${wanted.join(" ")}`);
      }
      net.pass(0.05);
    }
  });

  test.for([1, 2, 3])(
    "end with the rows that were put, however many messages are lost, and no node goes on sending them (seed %i)",
    (seed) => {
      const faults = { delay: 0.005, jitter: 0.004, loss: 0.25, duplicate: 0.1, reorder: 0.1, holdBack: 0.02 };
      const net = new ProgramNetwork({ program, addresses: NAMES, seed, faults });
      const expected = new Expected();
      const draw = streamOf(seed, "soft and lossy");
      for (let beat = 0; beat < 40; beat++) {
        act(net, expected, draw, beat < 30);
        net.pass(BEAT);
      }
      net.pass(2 * LIFETIME + 10);
      expect(WORDS.map((word) => holders(net, word))).toEqual([[], []]);
      const before = net.simulation.network.delivered;
      net.pass(5);
      expect(net.simulation.network.delivered - before).toBeLessThan(100);
    },
  );
});
