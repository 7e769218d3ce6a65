import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { ChordNetwork, type ChordSettings, inOrder, ownerOf } from "./chord-network.ts";
import { grow, passUntilIdeal } from "./chord-ring.ts";

/** Nodes that lie, and mistakes of operators: `chord.mzl` stays at work, and counts. */

const CHORD = readFileSync(new URL("../../programs/chord.mzl", import.meta.url), "utf8");
const NODES = ["10.0.0.0:10000", "10.0.0.1:10000", "10.0.0.2:10000", "10.0.0.3:10000"] as const;
const [FIRST, LIAR] = NODES;

/** Returns `chord.mzl` with other rules in the place of those from one label to the line of another text. */
function changed(from: string, to: string, by: string): string {
  const at = CHORD.indexOf(from);
  const end = CHORD.indexOf(to, at);
  expect(at).toBeGreaterThan(0);
  expect(end).toBeGreaterThan(at);
  return `${CHORD.slice(0, at)}${by}\n${CHORD.slice(end)}`;
}

/** Returns a ring of four nodes, of which one runs another program, and the node before that one. */
function ringWithLiar(text: string, settings: Partial<ChordSettings> = {}): readonly [ChordNetwork, string] {
  const network = new ChordNetwork({ successors: 3, others: new Map([[LIAR, text]]), ...settings });
  network.pass(10);
  const ring = inOrder(NODES);
  return [network, ring[(ring.indexOf(LIAR) + 3) % 4] as string];
}

/** Number of datagrams that a node sends, and share of the time in which it refuses questions, within a minute. */
function minuteOf(
  network: ChordNetwork,
  address: string,
  act = (): void => {},
): { readonly sent: number; readonly busy: number } {
  const sent = (): number => network.node(address).metrics().network.sent;
  const before = sent();
  let busy = 0;
  for (let at = 0; at < 600; at++) {
    act();
    network.pass(0.1);
    if (network.value(address, "phase") === 1) busy++;
  }
  return { sent: sent() - before, busy: busy / 600 };
}

describe("a node after this one that names a new predecessor in each answer", () => {
  test.each([
    ["at its own address", "Me"],
    ["at an address where nobody answers", '"10.9.9.9:10000"'],
  ])("%s, does not keep this one busy", (_, address) => {
    const pred = `Id - 1I - (f_randID() >> 100), ${address}`;
    const answer = `v1: this.return(Me, ${pred}, L) :- this.init(_, Id, _), localAddr(Me), succs(L), L != [].`;
    const [network, victim] = ringWithLiar(changed("v1: this.return(", "  v2:", answer));
    const { sent, busy } = minuteOf(network, victim);
    expect(busy).toBeLessThan(0.5);
    expect(sent).toBeLessThan(600);
  });
});

test("hints of strangers cause two questions a tick at most", () => {
  const network = new ChordNetwork({ successors: 3 });
  network.pass(10);
  const idle = minuteOf(network, FIRST);
  const hinted = minuteOf(network, FIRST, () => network.node(FIRST).insert("chord.hint", []));
  expect(hinted.sent - idle.sent).toBeLessThanOrEqual(2 * 60 + 8);
  expect(network.strays()).toEqual([]);
});

test("a node whose question has lost its answer goes on", () => {
  const network = new ChordNetwork({ successors: 3 });
  network.pass(10);
  network.node(FIRST).insert("chord.phase", [1, 8]);
  network.pass(1);
  expect(network.value(FIRST, "phase")).toBe(1);
  network.pass(20);
  expect(network.value(FIRST, "phase")).not.toBe(1);
});

test.each([["null"], ["5"], ["[]"], ['[5, ["a"], [1I, 7], [2I]]']])(
  "an answer with the list %s does not empty the list",
  (list) => {
    const answer = `v1: this.return(Me, Id, Me, ${list}) :- this.init(_, Id, _), localAddr(Me).`;
    const [network, victim] = ringWithLiar(changed("v1: this.return(", "  v2:", answer));
    network.pass(10);
    expect(network.list(victim).length).toBeGreaterThan(0);
  },
);

test.each([
  ["itself", "[Me, My, false]"],
  ["nodes behind it for ever", "[Key - 1I - (f_randID() >> 2), My, false]"],
  ["nodes nearer to the key for ever, which it claims to be", "[Key - 1I - (f_randID() >> 100), My, false]"],
  ["no list", "5"],
  ["a list of other values", '[My, "x", "y"]'],
])("a lookup goes round a node that answers it with %s", (_, answer) => {
  const closest = `c1: this.return(Next) :- this.init(Key, _, _), self(Me), localAddr(My), Next := ${answer}.`;
  const [network] = ringWithLiar(changed("c1: this.return(", "}", closest), { successors: 3 });
  grow(network, 12, 1);
  network.pass(30);
  const others = network.addresses.filter((one) => one !== LIAR);
  const [asker = ""] = others;
  const keys = Array.from({ length: 12 }, (__, at) => sha1(`key ${at}`));
  const before = network.node(asker).metrics().network.sent;
  const asked = keys.map((key) => ({ key, number: network.ask(asker, key, "find") }));
  network.pass(6);
  expect(network.node(asker).metrics().network.sent - before).toBeLessThan(12 * 64 + 100);
  const wrong = asked.filter(({ key, number }) => network.answer(number) !== ownerOf(key, inOrder(network.addresses)));
  expect(wrong.length).toBeLessThanOrEqual(2);
});

test("a lookup ends at a node that names ever nearer owners", () => {
  const closest =
    "c1: this.return(Next) :- this.init(Key, _, _), localAddr(My), Next := [Key + (f_randID() >> 80), My, true].";
  const [network] = ringWithLiar(changed("c1: this.return(", "}", closest));
  const before = network.node(FIRST).metrics().network.sent;
  const number = network.ask(FIRST, sha1(LIAR) - 1n, "find");
  network.pass(5);
  expect(network.answer(number)).toBe(LIAR);
  expect(network.node(FIRST).metrics().network.sent - before).toBeLessThan(64 + 50);
});

test("a finger that does not answer a lookup is dropped at once", () => {
  const network = new ChordNetwork({ successors: 3 });
  grow(network, 16);
  passUntilIdeal(network, 60);
  network.pass(40);
  const fingers = (address: string): readonly string[] =>
    (network.node(address).rows("chord.finger") ?? []).map(([, , finger]) => finger as string);
  const far = network.addresses.flatMap((address) => {
    const near = network.list(address).map(([, one]) => one);
    return fingers(address).flatMap((finger) => (near.includes(finger) ? [] : [[address, finger] as const]));
  });
  const [asker = "", dead = ""] = far[0] ?? [];
  network.crash(dead);
  network.ask(asker, sha1(dead) + 1n, "find");
  network.pass(1.5);
  expect(fingers(asker)).not.toContain(dead);
});

test("nodes that have answered do not displace the nodes to join by", () => {
  const network = new ChordNetwork({ successors: 3 });
  network.pass(10);
  for (let at = 0; at < 100; at++) {
    const stranger = `10.1.0.${at}:10000`;
    network.node(FIRST).insert("chord.turn", [[], [sha1(stranger), stranger, stranger, [], null, null]]);
    network.pass(0.1);
  }
  expect(
    network
      .node(FIRST)
      .rows("chord.member")
      ?.map(([address]) => address),
  ).toEqual(NODES);
  expect((network.value(FIRST, "met") as unknown as readonly string[]).length).toBe(64);
});

describe("mistakes of operators", () => {
  test("a boot list with duplicates forms a ring", () => {
    const boot = [{ predicate: "chord.boot", args: [[...NODES, FIRST]] }];
    const network = new ChordNetwork({ successors: 3, facts: () => boot });
    network.pass(4);
    expect(network.strays()).toEqual([]);
  });

  test("a boot list that spells the address of the node otherwise is counted", () => {
    const boot = ["node0.example:10000", ...NODES.slice(1)];
    const network = new ChordNetwork({ successors: 3, facts: () => [{ predicate: "chord.boot", args: [boot] }] });
    network.pass(10);
    expect(network.members()).toEqual([]);
    expect(network.dropped(FIRST, "not in the boot list")).toBeGreaterThan(5);
    expect(network.dropped(LIAR, "not in the boot list")).toBe(0);
  });

  test("two nodes of the boot list with one id form no ring, and are counted", () => {
    const facts = (address: string): readonly { readonly predicate: string; readonly args: readonly bigint[] }[] =>
      address === NODES[2] ? [{ predicate: "chord.self", args: [sha1(FIRST)] }] : [];
    const network = new ChordNetwork({ successors: 3, facts });
    network.pass(10);
    expect(network.members()).toEqual([]);
    expect(NODES.map((one) => network.dropped(one, "id in use") > 5)).toEqual([true, false, true, false]);
  });

  test("a node with the id of a member does not join, is counted, and sends at most 64 datagrams in ten seconds", () => {
    const facts = (address: string): readonly { readonly predicate: string; readonly args: readonly bigint[] }[] =>
      NODES.some((one) => one === address) ? [] : [{ predicate: "chord.self", args: [sha1(FIRST)] }];
    const network = new ChordNetwork({ successors: 3, facts });
    network.pass(10);
    const twin = network.join();
    network.pass(10);
    expect(network.members()).toEqual(NODES);
    expect(network.strays(NODES)).toEqual([]);
    expect(network.dropped(twin, "id in use")).toBeGreaterThan(5);
    expect(network.node(twin).metrics().network.sent).toBeLessThanOrEqual(64);
  });
});

describe("without a ring", () => {
  const network = new ChordNetwork({ successors: 3 });
  for (const address of NODES.slice(1)) network.crash(address);
  network.pass(5);

  test("find fails at once", () => {
    const asked = network.ask(FIRST, 1n, "find");
    network.pass(0.1);
    expect(network.reason(asked)).toBe("no ring");
  });

  test("packets for a key are dropped and counted", () => {
    network.ask(FIRST, 1n, "lookup");
    network.node(FIRST).insert("chord.hop", [1n, 64, true, Uint8Array.of(1)]);
    network.pass(0.1);
    expect(network.dropped(FIRST, "no ring")).toBe(2);
  });
});

test("a packet whose hops are used up is dropped and counted, and one with more hops than a sender gives is not served", () => {
  const network = new ChordNetwork({ successors: 3 });
  grow(network, 8);
  passUntilIdeal(network, 30);
  const key = sha1(inOrder(network.addresses)[(inOrder(network.addresses).indexOf(FIRST) + 5) % 8] as string);
  for (const left of [0, 1e9]) network.node(FIRST).insert("chord.hop", [key, left, false, Uint8Array.of(1)]);
  network.pass(1);
  expect(network.dropped(FIRST, "hops")).toBe(1);
});
