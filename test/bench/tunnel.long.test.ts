import { readdirSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { figuresOf } from "./run-bench.ts";

/** Lower bound of each ratio, on a machine with two cores and nothing else to do. */
const LEAST: Readonly<Record<string, number>> = {
  "TCP, one stream: tunnel.mzl, against OpenVPN": 8,
  "TCP, one stream: tunnel.mzl, against veth": 0.3,
  "TCP, one stream: tunnel.mzl, no offloads, against OpenVPN": 0.9,
  "TCP, one stream: ron.mzl, against tunnel.mzl": 0.9,
  "TCP, one stream: ron.mzl, one between, against tunnel.mzl": 0.45,
  "TCP, one stream: three layers, against tunnel.mzl": 0.7,
  "UDP, 1200 bytes: tunnel.mzl, against OpenVPN": 2,
};
const IDLE = "round trip, idle: tunnel.mzl, against OpenVPN";
/** Time of a round trip minus the time of the reference, in milliseconds. */
const IDLE_MORE = 0.2;

beforeEach(({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "iperf3", "openvpn");
  skip(reason !== undefined, reason);
});

test("tunnel is as fast as it says", () => {
  const figures = new Map(figuresOf("tunnel", []).map((figure) => [figure.figure, figure]));
  const slow = Object.entries(LEAST).filter(([name, least]) => !((figures.get(name)?.ratio ?? NaN) >= least));
  expect(slow.map(([name]) => figures.get(name) ?? name)).toEqual([]);
  const { value, reference = NaN } = figures.get(IDLE) ?? {};
  expect(value).toBeLessThan(reference + IDLE_MORE);
});

/** Every contender carries TCP, and nothing of the bench stays behind. */
test("tunnel measures all contenders", () => {
  const streams = figuresOf("tunnel").filter(({ figure }) => figure.startsWith("TCP, one stream"));
  expect(streams.map(({ figure }) => figure)).toEqual([
    "TCP, one stream: OpenVPN, against veth",
    "TCP, one stream: tunnel.mzl, against OpenVPN",
    "TCP, one stream: tunnel.mzl, against veth",
    "TCP, one stream: tunnel.mzl, no offloads, against OpenVPN",
    "TCP, one stream: ron.mzl, against tunnel.mzl",
    "TCP, one stream: ron.mzl, against OpenVPN",
    "TCP, one stream: ron.mzl, against veth",
    "TCP, one stream: ron.mzl, one between, against tunnel.mzl",
    "TCP, one stream: three layers, against tunnel.mzl",
  ]);
  for (const { ratio } of streams) expect(ratio).toBeGreaterThan(0);
  expect(readdirSync("/run/netns").filter((name) => name.includes("-bench-"))).toEqual([]);
});
