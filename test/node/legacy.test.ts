import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { IoBatch } from "../../runtime/device/io-batch.ts";
import { LinuxClock } from "../../runtime/device/linux-clock.ts";
import { LinuxUdpSockets } from "../../runtime/device/linux-udp-sockets.ts";
import { Node } from "../../runtime/node/node.ts";
import { Address } from "../../runtime/plan/values/address.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { openSocket } from "../device/open-socket.ts";
import { findFreePort } from "../free-port.ts";
import { needs } from "../needs.ts";
import { manualWorld } from "../session/manual-world.ts";
import { compileProgram } from "../sim/program-network.ts";
import { UdpNode } from "./udp-node.ts";
import { waitForRows } from "./wait-for-rows.ts";

const PROGRAMS = new URL("../../programs", import.meta.url).pathname;

const PROGRAM = `
import "${PROGRAMS}/legacy.mzl".
import "${PROGRAMS}/sr.mzl".
materialize(got, infinity, infinity, keys(1)).
say: hello@To(Text) :- say(To, Text).
hear: got(Text) :- hello(Text).
accept hello(string).
`;

/** An overlay in another process: names of members, each with the UDP port of its process. */
const OVERLAY = `
import socket, sys
own, node = int(sys.argv[1]), int(sys.argv[2])
members = {name: int(port) for name, port in (text.split("=") for text in sys.argv[3:])}
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", own))
print("ready", flush=True)
while True:
    data, source = s.recvfrom(65535)
    if source[1] == node:
        dest = data[1:1 + data[0]].decode()
        s.sendto(data[1 + data[0]:], ("127.0.0.1", members[dest]))
    else:
        s.sendto(data, ("127.0.0.1", node))
`;

/** A loaded machine takes longer than the second that is the default. */
const WAIT = { timeout: 10_000 };

class Member implements AsyncDisposable {
  readonly node: Node;
  readonly address: string;
  readonly #process: ReturnType<typeof spawn>;

  private constructor(node: Node, address: string, process: ReturnType<typeof spawn>) {
    this.node = node;
    this.address = address;
    this.#process = process;
  }

  /** Starts the process of a member, and a node that it serves. `ports` are those of the processes, by name. */
  static async start(name: string, ports: Readonly<Record<string, number>>): Promise<Member> {
    const own = ports[name] as number;
    const port = await findFreePort();
    const members = Object.entries(ports).map(([member, at]) => `${member}=${at}`);
    const process = spawn("python3", ["-c", OVERLAY, `${own}`, `${port}`, ...members], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(process.stdout as NodeJS.ReadableStream, "data");
    const datagrams = await openSocket("127.0.0.1:0");
    const udp = new LinuxUdpSockets({ gso: true, gro: true, ioBatch: new IoBatch() });
    const world = { ...manualWorld("here:1"), clock: new LinuxClock(), datagrams, udp };
    const defines = { PROCESS: `"127.0.0.1:${own}"`, NODE: `"127.0.0.1:${port}"` };
    const names = [datagrams.address];
    const node = new Node(compileProgram(PROGRAM, defines), world, { names, facts: [], watch: [] });
    node.start();
    const member = new Member(node, datagrams.address, process);
    await member.rows("legacy.socket");
    return member;
  }

  say(to: Values[number], text: string): void {
    this.node.insert("say", [to, text]);
  }

  /** Waits for a row of the table. */
  async rows(table: string): Promise<readonly Values[]> {
    return waitForRows(() => this.node.rows(table) ?? [], 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.stop();
    this.#process.kill();
  }
}

const lacking = needs("python3");

test.skipIf(lacking !== undefined)(
  `a Python program carries tuples as the overlay legacy${lacking ? `: ${lacking}` : ""}`,
  async () => {
    const ports = { a: await findFreePort(), b: await findFreePort() };
    await using a = await Member.start("a", ports);
    await using b = await Member.start("b", ports);
    a.say(new Address("legacy", "b"), "over legacy");
    expect(await b.rows("got")).toEqual([["over legacy"]]);
    // A source route of two hops in the overlay, and one from the IP network into it.
    a.say(new Address("sr", [new Address("legacy", "b"), new Address("legacy", "a")]), "there and back");
    expect(await a.rows("got")).toEqual([["there and back"]]);
    a.say(new Address("sr", [b.address, new Address("legacy", "a")]), "by IP, back over legacy");
    await vi.waitFor(() => expect(a.node.rows("got")).toContainEqual(["by IP, back over legacy"]), WAIT);
  },
);

test("datagrams of others, and bytes that are no packet, do not reach the overlay", async () => {
  const [process, port] = [await findFreePort(), await findFreePort()];
  const defines = { PROCESS: `"127.0.0.1:${process}"`, NODE: `"127.0.0.1:${port}"` };
  await using node = new UdpNode(PROGRAM, { defines });
  await node.rows("legacy.socket", 1);
  const [stranger, overlay] = [await openSocket(), await openSocket(`127.0.0.1:${process}`)];
  const sent: Uint8Array[] = [];
  overlay.onDatagram(({ bytes }) => sent.push(bytes.slice(2)));
  node.node.insert("say", [new Address("legacy", "b"), "from a stranger"]);
  await vi.waitFor(() => expect(sent).toHaveLength(1), WAIT);
  stranger.send(`127.0.0.1:${port}`, sent[0] as Uint8Array);
  overlay.send(`127.0.0.1:${port}`, Buffer.from("no packet"));
  await vi.waitFor(() => expect(node.node.metrics().udp?.received).toBe(2), WAIT);
  expect(node.node.rows("got")).toEqual([]);
  expect(node.node.metrics().rules.find(({ rule }) => rule === "legacy.rcv")?.failed).toBe(1);
  overlay.send(`127.0.0.1:${port}`, sent[0] as Uint8Array);
  expect(await node.rows("got", 1)).toEqual([["from a stranger"]]);
});
