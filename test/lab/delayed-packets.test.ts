import { expect, test } from "vitest";
import { DelayedPackets, type FaultyDirection } from "../../lab/kernel/delayed-packets.ts";
import { type Echo, readEcho, writeEcho } from "../../runtime/sim/icmp-echo.ts";
import { SimClock } from "../../runtime/sim/sim-clock.ts";
import { SimDevice } from "../../runtime/sim/sim-device.ts";
import { VirtualTime } from "../../runtime/sim/virtual-time.ts";
import { tunAt } from "../sim/tun-at.ts";

/** Sends `count` packets from 10.0.0.1, one every 10 ms. Returns time and sequence number of each packet written back. */
function run(directions: readonly FaultyDirection[], count: number, destination = "10.0.0.2"): readonly string[] {
  const time = new VirtualTime();
  const clock = new SimClock(time);
  const written: string[] = [];
  const tun = new SimDevice(tunAt("100.64.0.1", 1500), clock, (packet) =>
    written.push(`${clock.now().toFixed(3)} ${readEcho(packet)?.sequence}`),
  );
  void new DelayedPackets(tun, clock, directions, 1);
  const echo: Echo = {
    kind: "request",
    source: "10.0.0.1",
    destination,
    identifier: 1,
    sequence: 0,
    payload: new Uint8Array(),
  };
  for (let n = 0; n < count; n++) clock.at(n / 100, () => tun.deliver(writeEcho({ ...echo, sequence: n })));
  time.runUntil(60);
  return written;
}

const aToB = (faults: FaultyDirection["faults"]): readonly FaultyDirection[] => [
  { from: "10.0.0.1", to: "10.0.0.2", faults },
  { from: "10.0.0.2", to: "10.0.0.1", faults: { loss: 1 } },
];

test("packets are written back after the delay of the link, in order", () => {
  expect(run(aToB({ delay: 0.025 }), 4)).toEqual(["0.025 0", "0.035 1", "0.045 2", "0.055 3"]);
});

test("packets are lost and duplicated with the probabilities of the link", () => {
  const written = run(aToB({ loss: 0.2, duplicate: 0.1 }), 4000);
  expect(new Set(written).size / 4000).toBeCloseTo(0.8, 1);
  expect(written.length / new Set(written).size).toBeCloseTo(1.1, 1);
});

test("a packet that is held back is overtaken by later ones", () => {
  const order = run(aToB({ reorder: 0.1, holdBack: 0.015 }), 300).map((line) => Number(line.split(" ")[1]));
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n));
  expect(order.filter((n, at) => n < (order[at - 1] ?? 0)).length).toBeGreaterThan(10);
});

test("a packet of an unknown link is written back at once", () => {
  expect(run(aToB({ delay: 5 }), 2, "10.0.0.9")).toEqual(["0.000 0", "0.010 1"]);
});
