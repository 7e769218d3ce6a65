import { beforeEach, expect, test } from "vitest";
import { readHeader } from "../../runtime/ip/ip-packet.ts";
import { tooBigMessage } from "../../runtime/path/too-big-message.ts";
import type { PingReport } from "../../runtime/sim/sim-kernel.ts";
import { type Boot, Simulation } from "../../runtime/sim/simulation.ts";
import { tunAt } from "./tun-at.ts";

/** A node that sends every packet of its TUN device to the other host. */
const carryTo = (peer: string): Boot => {
  return ({ datagrams, devices: [tun] }) => {
    tun?.onPacket((packet) => datagrams.send(peer, packet));
    datagrams.onDatagram(({ bytes }) => tun?.write(bytes));
  };
};

let simulation: Simulation;
let reports: PingReport[];

beforeEach(() => {
  simulation = new Simulation({ seed: 1, faults: () => ({ delay: 0.03 }) });
  reports = [];
  for (const [name, peer, virtual] of [
    ["a", "b:1", "100.64.0.1"],
    ["b", "a:1", "100.64.0.2"],
  ] as const) {
    const devices = [tunAt(virtual, 1250)];
    simulation.addHost({ name, address: `${name}:1`, boot: carryTo(peer), devices }).start();
  }
});

const ping = (destination: string, interval = 0.1) =>
  simulation.host("a").kernel.ping({ destination }, interval, (report) => reports.push(report));

const lines = (): readonly string[] =>
  reports.map(({ kind, sequence, sentAt, at }) => `${at.toFixed(2)} ${kind} ${sequence} sent ${sentAt.toFixed(2)}`);

test("a ping is answered after one round trip", () => {
  const pinger = ping("100.64.0.2");
  simulation.runUntil(0.25);
  expect(lines()).toEqual(["0.06 reply 1 sent 0.00", "0.16 reply 2 sent 0.10"]);
  expect(pinger.sent).toBe(3);
});

test("an unanswered ping is reported missing when the next one is sent", () => {
  ping("100.64.0.2");
  simulation.at(0.05, () => simulation.cut("a", "b"));
  simulation.at(0.15, () => simulation.heal("a", "b"));
  simulation.runUntil(0.3);
  expect(lines()).toEqual(["0.06 reply 1 sent 0.00", "0.20 missing 2 sent 0.10", "0.26 reply 3 sent 0.20"]);
});

test("a late reply is reported, once", () => {
  for (const [from, to] of [
    ["a", "b"],
    ["b", "a"],
  ] as const)
    simulation.changeLink(from, to, { delay: 0.06, duplicate: 1 });
  const pinger = ping("100.64.0.2");
  simulation.at(0.05, () => pinger.stop());
  simulation.runUntil(1);
  expect(lines()).toEqual(["0.12 reply 1 sent 0.00"]);
});

test("no host answers for another address", () => {
  ping("100.64.0.9");
  simulation.runUntil(0.25);
  expect(lines()).toEqual(["0.10 missing 1 sent 0.00", "0.20 missing 2 sent 0.10"]);
});

test("ping continues while the node is down", () => {
  ping("100.64.0.2");
  simulation.at(0.05, () => simulation.host("b").crash());
  simulation.at(0.15, () => simulation.host("b").start());
  simulation.runUntil(0.3);
  expect(lines().at(-1)).toBe("0.26 reply 3 sent 0.20");
});

test("a transfer continues in shorter segments after an ICMP message or a lower MTU of the device", () => {
  const lengths: number[] = [];
  const other = new Simulation({ seed: 1, faults: () => ({ delay: 0.01 }) });
  for (const [name, peer, virtual] of [
    ["a", "b:1", "100.64.0.1"],
    ["b", "a:1", "100.64.0.2"],
  ] as const) {
    const boot: Boot = ({ clock, datagrams, devices: [tun] }) => {
      tun?.onPacket((packet) => {
        const header = readHeader(packet);
        if (packet.length > 1000 && header !== undefined) return tun.write(tooBigMessage(packet, header, 1000));
        lengths.push(packet.length);
        datagrams.send(peer, packet);
      });
      datagrams.onDatagram(({ bytes }) => tun?.write(bytes));
      clock.at(0.1, () => tun?.lowerMtu?.(800));
    };
    other.addHost({ name, address: `${name}:1`, boot, devices: [tunAt(virtual, 1400)] }).start();
  }
  const [from, to] = [other.host("a").kernel, other.host("b").kernel];
  const done: number[] = [];
  const ends = { destination: "100.64.0.2" };
  from.transfer(to, ends, { size: { bytes: 300_000 }, rate: undefined }, 5001, ({ kind, at }) => {
    if (kind === "completed") done.push(at);
  });
  other.runUntil(10);
  expect(done[0]).toBeLessThan(2);
  expect([lengths.includes(1000), Math.max(...lengths), Math.max(...lengths.slice(-100))]).toEqual([true, 1000, 800]);
});

test("sequence numbers beyond 16 bits are distinguished", () => {
  ping("100.64.0.2", 0.01);
  simulation.runUntil(700);
  const replies = reports.filter(({ kind }) => kind === "reply").map(({ sequence }) => sequence);
  expect(replies).toEqual(Array.from({ length: replies.length }, (_, at) => at + 1));
  expect(replies.length).toBeGreaterThan(69_000);
});

/** Two hosts with a TAP device each, whose nodes send all frames to the other host. Returns the frames that the first node read. */
function joinedByFrames(mtu: number): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  simulation = new Simulation({ seed: 1, faults: () => ({ delay: 0.03 }) });
  for (const [name, peer, address] of [
    ["a", "b:1", "10.1.0.1"],
    ["b", "a:1", "10.1.0.2"],
  ] as const) {
    const boot: Boot = ({ datagrams, devices: [tap] }) => {
      tap?.onPacket((frame) => {
        if (name === "a") frames.push(frame.slice());
        datagrams.send(peer, frame);
      });
      datagrams.onDatagram(({ bytes }) => tap?.write(bytes));
    };
    const { network } = tunAt(address, mtu);
    simulation
      .addHost({ name, address: `${name}:1`, boot, devices: [{ kind: "tap", name: "lan", network, mtu }] })
      .start();
  }
  return frames;
}

const typesOf = (frames: readonly Uint8Array[]): readonly string[] =>
  frames.map((frame) => (frame[12] === 8 && frame[13] === 6 ? "ARP" : "IPv4"));

test("a kernel asks once for a MAC address, and pings through TAP devices", () => {
  const frames = joinedByFrames(1400);
  ping("10.1.0.2");
  simulation.runUntil(0.25);
  // The first request waits one round trip for the answer to ARP.
  expect(lines()).toEqual(["0.10 missing 1 sent 0.00", "0.12 reply 1 sent 0.00", "0.16 reply 2 sent 0.10"]);
  expect(typesOf(frames)).toEqual(["ARP", "IPv4", "IPv4", "IPv4"]);
  expect(frames.map((frame) => Buffer.from(frame.subarray(0, 12)).toString("hex"))).toEqual([
    "ffffffffffff020000000000",
    ...Array.from({ length: 3 }, () => "020000000100020000000000"),
  ]);
});

test("a kernel asks three times for the MAC address of a silent host, and again for later packets", () => {
  const frames = joinedByFrames(1400);
  ping("10.1.0.9", 1.5);
  simulation.runUntil(2.9);
  expect(typesOf(frames)).toEqual(["ARP", "ARP", "ARP"]);
  simulation.runUntil(4.6);
  expect(typesOf(frames).slice(3)).toEqual(["ARP"]);
});
