/** A node that is bound to all addresses of a host whose addresses change. */
import { expect, test } from "vitest";
import { diagnoseNode } from "../../src/cli/client/diagnose-node.ts";
import { Node } from "../../runtime/node/node.ts";
import type { NodeSettings } from "../../runtime/node/node-settings.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { HostAddress, HostAddresses } from "../../runtime/world/host-addresses.ts";
import { planOf } from "../control/asked-node.ts";
import { manualWorld } from "../session/manual-world.ts";

const BOUND = "0.0.0.0:10000";

/** A host whose first address is the one from which it sends. */
class MovingHost implements HostAddresses {
  all: readonly HostAddress[];
  #changed: () => void = () => undefined;

  constructor(...addresses: readonly string[]) {
    this.all = devicesOf(addresses);
  }

  endpoints(): readonly string[] {
    return this.all.map(({ ip }) => `${ip}:10000`);
  }

  problem(): string | undefined {
    return this.all.length === 0 ? "no device that is up has an address" : undefined;
  }

  onChange(changed: () => void): void {
    this.#changed = changed;
  }

  move(...addresses: readonly string[]): void {
    this.all = devicesOf(addresses);
    this.#changed();
  }
}

function devicesOf(addresses: readonly string[]): readonly HostAddress[] {
  return addresses.map((ip, at) => ({ device: `eth${at}`, ip }));
}

const PROGRAM = `
import "ron.mzl".
materialize(seen, infinity, infinity, keys(1,2)).
materialize(moves, infinity, infinity, keys(1,2)).
materialize(mine, infinity, infinity, keys(1)).
s: seen(Device, Ip) :- hostAddr(Device, Ip).
new: moves(Old, New) :- rebound(Old, New).
over: moves(["ron", Old], New) :- ron.rebound(Old, New).
all: all(A) :- ask(), localAddrs(A).
mine@"10.0.0.9:10000"(1).
`;

interface Started {
  readonly node: Node;
  readonly host: MovingHost;
  /** Warnings and messages of the node. */
  readonly said: readonly string[];
}

function start(text: string, addresses: readonly string[], settings: Partial<NodeSettings> = {}): Started {
  const host = new MovingHost(...addresses);
  const said: string[] = [];
  const tell = (message: string): void => void said.push(message);
  const node = new Node(
    loadProgram(planOf(text)),
    { ...manualWorld(BOUND), host },
    {
      names: [BOUND],
      facts: [],
      watch: [],
      onAdapted: tell,
      onFailure: tell,
      ...settings,
    },
  );
  node.start();
  return { node, host, said };
}

test("it tells the address from which the host sends, and follows it with its overlays", () => {
  const { node, host, said } = start(PROGRAM, ["10.0.0.2", "10.1.0.2"]);
  expect(node.rows("localAddr")).toEqual([["10.0.0.2:10000"]]);
  expect(node.rows("localAddrs")).toEqual([["10.0.0.2:10000"], ["10.1.0.2:10000"]]);
  node.insert("ron.member", ["10.0.0.7:10000"]);
  host.move("10.0.0.9", "10.1.0.2");
  expect(node.name).toBe("10.0.0.9:10000");
  expect(node.rows("localAddr")).toEqual([["10.0.0.9:10000"]]);
  expect(node.rows("ron.localAddr")).toEqual([["10.0.0.9:10000"]]);
  expect(node.rows("localAddrs")?.toSorted()).toEqual([["10.0.0.9:10000"], ["10.1.0.2:10000"]]);
  expect(node.rows("moves")).toEqual([
    ["10.0.0.2:10000", "10.0.0.9:10000"],
    [["ron", "10.0.0.2:10000"], "10.0.0.9:10000"],
  ]);
  expect(node.rows("ron.member")).toEqual([["10.0.0.7:10000"]]);
  expect(node.rows("mine")).toEqual([[1]]);
  expect(said).toEqual(["the address of this node is 10.0.0.9:10000 now; it was 10.0.0.2:10000"]);
});

test("the table hostAddr holds the addresses of the host, and nobody else changes it", () => {
  const { node, host } = start(PROGRAM, ["10.0.0.2"]);
  expect(node.rows("hostAddr")).toEqual([["eth0", "10.0.0.2"]]);
  expect(node.insert("hostAddr", ["eth9", "10.9.9.9"])).toBe(false);
  host.move("10.0.0.2", "fd00::2");
  expect(node.rows("seen")?.slice(0, 2)).toEqual([
    ["eth0", "10.0.0.2"],
    ["eth1", "fd00::2"],
  ]);
  host.move();
  expect(node.rows("hostAddr")).toEqual([]);
});

test("without any address it keeps the last one, reports that once, and shows it as a problem", () => {
  const { node, host, said } = start(PROGRAM, ["10.0.0.2"]);
  host.move();
  host.move();
  expect(node.rows("localAddr")).toEqual([["10.0.0.2:10000"]]);
  expect(node.rows("localAddrs")).toEqual([["10.0.0.2:10000"]]);
  const text = "no device that is up has an address: this node is still 10.0.0.2:10000 for others";
  expect(said).toEqual([text]);
  expect(diagnoseNode(node.metrics()).map((problem) => problem.text)).toContain(text);
  host.move("10.0.0.3");
  expect(node.rows("localAddr")).toEqual([["10.0.0.3:10000"]]);
  expect(diagnoseNode(node.metrics()).map((problem) => problem.text)).not.toContain(text);
});

test("a node that starts without an address gets the first one that appears", () => {
  const { node, host } = start(PROGRAM, []);
  expect(node.rows("localAddr")).toEqual([[BOUND]]);
  host.move("10.0.0.2");
  expect(node.rows("localAddr")).toEqual([["10.0.0.2:10000"]]);
});

test.each([
  ["--addr", PROGRAM, { names: ["192.0.2.1:10000", BOUND], announced: ["192.0.2.1:10000"] }, "192.0.2.1:10000"],
  ["a fact", `${PROGRAM}localAddr("192.0.2.1:10000").\n`, {}, "192.0.2.1:10000"],
  ["a fact of the command line", PROGRAM, { facts: [{ predicate: "localAddr", args: ["x:1"] }] }, "x:1"],
  ["a rule", `${PROGRAM}me: localAddr(A) :- hostAddr(_, Ip), A := Ip + ":7".\n`, {}, "10.0.0.2:7"],
])("%s decides about the address", (_, text, settings, address) => {
  const { node, host } = start(text, ["10.0.0.2"], settings);
  expect(node.rows("localAddr")).toEqual([[address]]);
  host.move("10.0.0.9");
  expect(node.rows("localAddr")).toEqual([[address.replace("10.0.0.2", "10.0.0.9")]]);
  expect(node.rows("localAddrs")).toContainEqual(["10.0.0.9:10000"]);
});

test("an address that an operator gave stays", () => {
  const { node, host } = start(PROGRAM, ["10.0.0.2"]);
  node.insert("localAddr", ["192.0.2.1:1"]);
  host.move("10.0.0.9");
  expect(node.rows("localAddr")).toEqual([["192.0.2.1:1"]]);
});

test("a program swap keeps the addresses, and fills hostAddr for the first rule that reads it", () => {
  const { node, host } = start(PROGRAM.replace(/^s:.*$/m, ""), ["10.0.0.2"]);
  expect(node.rows("hostAddr")).toBeUndefined();
  host.move("10.0.0.9");
  node.replaceProgram(loadProgram(planOf(PROGRAM)), []);
  expect(node.rows("localAddr")).toEqual([["10.0.0.9:10000"]]);
  expect(node.rows("hostAddr")).toEqual([["eth0", "10.0.0.9"]]);
  node.replaceProgram(loadProgram(planOf(`${PROGRAM}more: more() :- ask().\n`)), []);
  expect(node.rows("hostAddr")).toEqual([["eth0", "10.0.0.9"]]);
  expect(node.rows("seen")).toEqual([["eth0", "10.0.0.9"]]);
});

test("a program with a predicate hostAddr keeps it as its own", () => {
  const { node, host } = start(
    "materialize(hostAddr, infinity, infinity, keys(1)).\nh: hostAddr(X) :- put(X).\na: all(X) :- ask(), hostAddr(X).\n",
    ["10.0.0.2"],
  );
  node.insert("put", [1]);
  host.move("10.0.0.9");
  expect(node.rows("hostAddr")).toEqual([[1]]);
  expect(node.rows("localAddr")).toEqual([["10.0.0.9:10000"]]);
});
