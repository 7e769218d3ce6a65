import { expect, test } from "vitest";
import { parseCidr } from "../../../runtime/ip/cidr.ts";
import { parsePeer } from "../../../src/cli/options/peer.ts";
import { warnAboutUselessPeers } from "../../../src/cli/run/warn-about-peers.ts";

const OWN = ["127.0.0.1:10000", "192.0.2.1:10000"];

function warnings(device: string | undefined, ...peers: readonly string[]): readonly string[] {
  const lines: string[] = [];
  const parsed = device === undefined ? undefined : parseCidr(device);
  const cidr = parsed?.ok === true ? parsed.cidr : undefined;
  warnAboutUselessPeers(peers.map(parsePeer), OWN, cidr, { warn: (line) => void lines.push(line) });
  return lines;
}

test("a peer that is the node itself draws a warning", () => {
  expect(warnings(undefined, "127.0.0.1:10000", "192.0.2.1:10000", "127.0.0.1:10001")).toEqual([
    "peer 127.0.0.1:10000 is the address of this node (--listen or --addr): leave it out",
    "peer 192.0.2.1:10000 is the address of this node (--listen or --addr): leave it out",
  ]);
});

test("a virtual address outside the network of the device draws a warning", () => {
  expect(
    warnings("100.64.0.1/24", "100.64.0.2=b:1", "100.64.1.2=c:1", "fd00::2=d:1").map((line) => line.split(",")[0]),
  ).toEqual([
    "peer c:1: its virtual address 100.64.1.2 is outside 100.64.0.1/24 (--tun-addr)",
    "peer d:1: its virtual address fd00::2 is outside 100.64.0.1/24 (--tun-addr)",
  ]);
});
