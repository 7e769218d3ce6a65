import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect, test, vi } from "vitest";
import { findFreePort } from "../free-port.ts";
import { digestOf, pattern } from "../kernel/pattern.ts";
import { TcpNode } from "./tcp-node.ts";

const GIGABYTE = 1_000_000_000;
const MEBIBYTE = 1 << 20;

test("a relay of rules passes 1 GB on byte by byte, without growing in memory", async () => {
  const [from, to] = [await findFreePort(), await findFreePort()];
  const sink = createServer().listen(to, "127.0.0.1");
  const defines = { FROM: `"127.0.0.1:${from}"`, TO: `"127.0.0.1:${to}"` };
  await using relay = new TcpNode("programs/relay.mzl", {}, defines);
  await vi.waitFor(() => expect(relay.sockets).toBe(1));
  const arrived = createHash("sha256");
  const taken = once(sink, "connection").then(([socket]) => pipeline(socket as Socket, arrived));
  const memory: number[] = [];
  let rows = 0;
  const look = setInterval(() => {
    memory.push(process.memoryUsage().rss);
    rows = Math.max(rows, (relay.node.rows("fwd?1")?.length ?? 0) + (relay.node.rows("fwd?2")?.length ?? 0));
  }, 50);
  const begun = process.hrtime.bigint();
  await pipeline(Readable.from(pattern(GIGABYTE)), connect(from, "127.0.0.1"));
  await taken;
  clearInterval(look);
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  sink.close();
  expect(arrived.digest("hex")).toBe(digestOf(GIGABYTE));
  expect(rows).toBe(2);
  const half = memory.length >> 1;
  const [early, late] = [Math.max(...memory.slice(0, half)), Math.max(...memory.slice(half))];
  process.stdout.write(
    `1 GB in ${seconds.toFixed(1)} s; at most ${(early / MEBIBYTE).toFixed(0)} MiB of memory in the first half, ` +
      `${(late / MEBIBYTE).toFixed(0)} MiB in the second\n`,
  );
  expect(late).toBeLessThan(early + 64 * MEBIBYTE);
  await vi.waitFor(() => expect(relay.sockets).toBe(1));
});
