/** Tunnels between nodes with keys, on the kernel: real programs pass, outsiders do not, and a node may move. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { formatKey } from "../../runtime/link/key-text.ts";
import { keyPairOf } from "../../runtime/link/x25519.ts";
import { MosaicProcess } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";
import { Namespace } from "../native/namespace.ts";
import { digestOf } from "./pattern.ts";
import { METRICS, readMetrics } from "./read-metrics.ts";
import { transferBetween } from "./transfer-between.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-sealed-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BYTES = 3_000_000;

function start(host: Namespace, number: 1 | 2): MosaicProcess {
  const other = 3 - number;
  const secret = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
  const file = join(folder, `${number}.key`);
  writeFileSync(file, formatKey(secret(number)), { mode: 0o600 });
  const peerKey = formatKey(keyPairOf(secret(other)).publicKey);
  const at = ["--listen", "0.0.0.0:10000", "--addr", `10.83.0.${number}:10000`];
  const device = ["--tun=moz", "--tun-addr", `100.64.9.${number}/24`];
  const peer = ["--key", file, "--peer", `100.64.9.${other}=10.83.0.${other}:10000,${peerKey}`];
  const args = ["run", "tunnel.mzl", "--no-control", ...at, ...device, ...peer, ...METRICS];
  const node = new MosaicProcess(args, ["ip", "netns", "exec", host.name]);
  onTestFinished(() => node.kill("SIGKILL"));
  return node;
}

test("a tunnel with keys carries programs, refuses outsiders, and follows a node to another address", {
  timeout: 60_000,
}, async ({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "curl", "python3");
  skip(reason !== undefined, reason);
  await using left = new Namespace();
  await using right = new Namespace();
  left.run("ip", "link", "add", "out", "type", "veth", "peer", "name", "out", "netns", right.name);
  for (const [at, host] of [left, right].entries()) {
    host.run("ip", "addr", "add", `10.83.0.${at + 1}/24`, "dev", "out");
    host.run("ip", "link", "set", "out", "up");
  }
  const nodes = [start(left, 1), start(right, 2)];
  await Promise.all(nodes.map((node) => node.printed(/running/)));

  expect(left.run("ping", "-c", "3", "-i", "0.2", "-W", "5", "100.64.9.2")).toMatch(/ 0% packet loss/);
  expect(await transferBetween(right, left, BYTES, "100.64.9.2")).toBe(digestOf(BYTES));

  const before = readMetrics((...of) => right.run(...of)).get("mosaic_tun_written_packets_total");
  left.run("python3", "-c", OUTSIDER);
  await sleep(200);
  const after = readMetrics((...of) => right.run(...of));
  expect(after.get("mosaic_tun_written_packets_total")).toBe(before);
  expect(after.get('mosaic_link_refused_total{reason="not sealed"}')).toBe(100);
  expect(after.get('mosaic_link_refused_total{reason="unknown key id"}')).toBe(100);
  expect(after.get('mosaic_link_refused_total{reason="wrong mac1"}')).toBe(100);

  right.run("ip", "addr", "del", "10.83.0.2/24", "dev", "out");
  right.run("ip", "addr", "add", "10.83.0.7/24", "dev", "out");
  await sleep(1000);
  expect(left.run("ping", "-c", "3", "-i", "0.2", "-W", "2", "100.64.9.2")).toMatch(/ 0% packet loss/);
});

/** Sends plain datagrams, sealed ones with made-up keys, and made-up handshakes to the node. */
const OUTSIDER = `
import os, socket
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for flags in (0, 2, 8):
    for _ in range(100):
        out.sendto(bytes((0x4d, 0x5a, 1, flags, 1)) + os.urandom(200), ("10.83.0.2", 10000))
`;
