import { expect, test } from "vitest";
import { parseCidr } from "../../../runtime/ip/cidr.ts";
import { parsePeer } from "../../../src/cli/options/peer.ts";
import { warnAboutRemotePeers, warnAboutUselessPeers } from "../../../src/cli/run/warn-about-peers.ts";

const OWN = ["127.0.0.1:10000", "192.0.2.1:10000"];

/** `devices` are addresses with blanks between them. */
function warnings(devices: string, ...peers: readonly string[]): readonly string[] {
  const lines: string[] = [];
  const networks = devices.split(" ").flatMap((text) => {
    const parsed = parseCidr(text);
    return parsed.ok ? [parsed.cidr] : [];
  });
  warnAboutUselessPeers(peers.map(parsePeer), OWN, networks, { warn: (line) => void lines.push(line) });
  return lines;
}

test("a peer that is the node itself draws a warning", () => {
  expect(warnings("", "127.0.0.1:10000", "192.0.2.1:10000", "127.0.0.1:10001")).toEqual([
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

test("a virtual address outside the networks of all devices draws a warning", () => {
  expect(warnings("100.64.0.1/24 fd00::1/64", "100.64.0.2=b:1", "fd00::2=d:1", "100.64.1.2=c:1")).toEqual([
    "peer c:1: its virtual address 100.64.1.2 is outside 100.64.0.1/24 and fd00::1/64 (--tun-addr), " +
      "so this host has no route for it through a device",
  ]);
});

test("a peer on another host draws a warning if the node is bound to a loopback address", () => {
  const warned = (bound: string, ...peers: readonly string[]): readonly string[] => {
    const lines: string[] = [];
    const isLocalHost = (host: string): boolean => host === "192.0.2.1";
    warnAboutRemotePeers(peers.map(parsePeer), bound, isLocalHost, { warn: (line) => void lines.push(line) });
    return lines;
  };
  const peers = ["192.0.2.1:1", "127.0.0.2:1", "localhost:1", "peer.example:1", "100.64.0.2=10.0.0.2:1"];
  const rest =
    "is on another host, which a node at 127.0.0.1:10000 cannot reach: " +
    "use --listen 0.0.0.0:10000 with --addr, or an address of this host";
  expect(warned("127.0.0.1:10000", ...peers, 'sr::["10.0.0.3:1"]')).toEqual([
    `peer 10.0.0.2:1 ${rest}`,
    `peer sr::["10.0.0.3:1"] ${rest}`,
  ]);
  expect(warned("[::1]:7", "[fd00::2]:1").join()).toContain("use --listen [::]:7 with --addr");
  expect(warned("0.0.0.0:10000", ...peers)).toEqual([]);
});
