import { afterEach, expect, test, vi } from "vitest";
import { LinuxClock } from "../../runtime/device/linux-clock.ts";
import { openUdp } from "../../runtime/device/udp.ts";
import { Node } from "../../runtime/node/node.ts";
import type { Program } from "../../runtime/node/program.ts";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { compileProgram } from "../sim/program-network.ts";

/** OverLog programs with short timers, on UDP sockets of this host. */
const LONGEST_WAIT = { timeout: 20_000, interval: 50 };

const running: Node[] = [];
afterEach(async () => {
  for (const node of running.splice(0)) await node.stop();
});

type Facts = readonly { readonly predicate: string; readonly args: Values }[];

async function sockets(count: number): Promise<readonly Datagrams[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => openUdp("127.0.0.1:0")));
  return opened.map((one) => {
    if (!one.ok) throw new Error(one.message);
    return one.datagrams;
  });
}

function start(program: Program, datagrams: Datagrams, facts: Facts = []): Node {
  const world = { clock: new LinuxClock(), seed: running.length, datagrams, devices: [] };
  const node = new Node(program, world, { names: [datagrams.address], facts, watch: [] });
  node.start();
  running.push(node);
  return node;
}

test("gossip", async () => {
  const program = compileProgram("programs/overlog/gossip.olg", { ROUND: "0.1" });
  const links = await sockets(4);
  const first = links[0]?.address ?? "";
  const nodes = links.map((link) => start(program, link, [{ predicate: "member", args: [link.address, first] }]));
  nodes[3]?.insert("say", [links[3]?.address ?? "", "colour", "blue"]);
  await vi.waitFor(() => {
    for (const node of nodes) expect(node.rows("rumour")?.map((row) => row.slice(1))).toEqual([["colour", 1, "blue"]]);
  }, LONGEST_WAIT);
}, 30_000);

test("spanning tree", async () => {
  const program = compileProgram("programs/overlog/spanning-tree.olg", { HELLO: "0.1" });
  const links = await sockets(4);
  const addresses = links.map((link) => link.address);
  const root = addresses.toSorted()[0];
  // The links form a ring.
  const nodes = links.map((link, at) => {
    const neighbours = [addresses[(at + 1) % 4] ?? "", addresses[(at + 3) % 4] ?? ""];
    return start(
      program,
      link,
      neighbours.map((to) => ({ predicate: "link", args: [link.address, to] })),
    );
  });
  await vi.waitFor(() => {
    const trees = nodes.flatMap((node) => node.rows("tree") ?? []);
    expect(trees.map((row) => row[1])).toEqual([root, root, root, root]);
    expect(trees.map((row) => Number(row[2])).toSorted((a, b) => a - b)).toEqual([0, 1, 1, 2]);
  }, LONGEST_WAIT);
}, 30_000);

test("mesh", async () => {
  const links = await sockets(4);
  const program = compileProgram("programs/overlog/mesh.olg", { REFRESH: "0.2", BOOTSTRAP: `"${links[0]?.address}"` });
  const nodes = links.map((link) => start(program, link));
  const all = links.map((link) => link.address).toSorted();
  await vi.waitFor(() => {
    for (const node of nodes)
      expect(
        node
          .rows("member")
          ?.map((row) => row[1] as string)
          .toSorted(),
      ).toEqual(all);
  }, LONGEST_WAIT);
}, 30_000);

test("chord", async () => {
  const links = await sockets(5);
  const program = compileProgram("programs/overlog/chord.olg", {
    STABILIZE: "0.3",
    LANDMARK: `"${links[0]?.address}"`,
  });
  const nodes = links.map((link) => start(program, link));
  const ring = links.map((link) => link.address).toSorted((one, other) => (sha1(one) < sha1(other) ? -1 : 1));
  await vi.waitFor(() => {
    for (const [at, node] of nodes.entries()) {
      const address = links[at]?.address ?? "";
      expect(node.rows("bestSucc")?.[0]?.[2]).toBe(ring[(ring.indexOf(address) + 1) % 5]);
    }
  }, LONGEST_WAIT);
}, 30_000);
