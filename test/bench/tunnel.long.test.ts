import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { figuresOf } from "./bench.ts";

/** Every contender carries TCP, and nothing of the bench stays behind. */
test("tunnel measures all contenders", (context) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "iperf3", "openvpn");
  if (reason !== undefined) return context.skip(reason);
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
