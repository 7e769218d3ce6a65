import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { readHeader } from "../../runtime/ip/ip-packet.ts";
import { Capture, captured, type CaptureSink } from "../../runtime/observe/capture.ts";
import { isTrain, trainOf } from "../../runtime/plan/values/train.ts";
import { udpEnd, udpPacket } from "../../runtime/observe/udp-packet.ts";
import type { DatagramTrain } from "../../runtime/wire/datagram-train.ts";
import { mosaic, MosaicProcess } from "../cli/mosaic.ts";
import { ROOT } from "../house/tree.ts";
import { needs } from "../needs.ts";
import { manualWorld } from "../session/manual-world.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-capture-"));
afterAll(() => rmSync(folder, { recursive: true }));

class Memory implements CaptureSink {
  readonly blocks: Uint8Array[] = [];
  /** Functions that report the block as lost. */
  readonly lost: (() => void)[] = [];
  readonly length = 0;
  readonly limit = 0;
  room = Infinity;

  write(bytes: Uint8Array, onLost: () => void): boolean {
    if (this.blocks.length >= this.room) return false;
    this.lost.push(onLost);
    this.blocks.push(bytes);
    return true;
  }
}

/** World of a node at 10.0.0.1:10000 that captures its datagrams, 100 s after the start of the clock. */
function capturing(address = "10.0.0.1:10000"): {
  readonly sink: Memory;
  readonly capture: Capture;
  readonly world: ReturnType<typeof manualWorld>;
  readonly datagrams: ReturnType<typeof captured>["datagrams"];
} {
  const sink = new Memory();
  const world = manualWorld(address);
  const capture = new Capture(sink, () => 1_700_000_000 + world.clock.now(), address, [
    { name: "mosaic0", kind: "tun" },
  ]);
  const { datagrams } = captured(world, capture);
  datagrams.onDatagram(() => undefined);
  world.clock.advance(100);
  return { sink, capture, world, datagrams };
}

function tshark(file: string, ...fields: readonly string[]): readonly string[] {
  const wanted = fields.flatMap((field) => ["-e", field]);
  const args = ["-r", file, "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields", ...wanted];
  const { stdout, stderr, status } = spawnSync("tshark", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.trimEnd().split("\n");
}

const noTshark = needs("tshark");

test("tshark reads datagrams of both families in both directions, with valid checksums", ({ skip }) => {
  skip(noTshark !== undefined, noTshark);
  const { sink, world, datagrams } = capturing();
  datagrams.send("10.0.0.2:10001", new Uint8Array([1, 2, 3]));
  world.clock.advance(0.5);
  world.datagrams.deliver(new Uint8Array(1200), "[fd00::2]:10002");
  datagrams.send("gateway.example:10003", new Uint8Array(2));
  const file = join(folder, "both.pcapng");
  writeFileSync(file, Buffer.concat(sink.blocks));
  const fields = ["frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "udp.srcport", "udp.dstport"];
  expect(tshark(file, ...fields, "udp.length", "udp.checksum.status", "ip.checksum.status")).toEqual([
    "1700000100.000000000\t10.0.0.1\t10.0.0.2\t\t\t10000\t10001\t11\t1\t1",
    "1700000100.500000000\t\t\tfd00::2\t::ffff:10.0.0.1\t10002\t10000\t1208\t1\t",
    "1700000100.500000000\t10.0.0.1\t0.0.0.0\t\t\t10000\t0\t10\t1\t1",
  ]);
  expect(tshark(file, "frame.interface_name", "frame.packet_flags_direction", "frame.comment")).toEqual([
    "outer\t0x00000002\t",
    "outer\t0x00000001\t",
    "outer\t0x00000002\tto gateway.example:10003",
  ]);
});

test("tshark reads everything that `mosaic run --pcap` wrote", async ({ skip }) => {
  skip(noTshark !== undefined, noTshark);
  const peer = createSocket("udp4");
  peer.bind(0, "127.0.0.1");
  await once(peer, "listening");
  const location = `127.0.0.1:${peer.address().port}`;
  const file = join(folder, "run.pcapng");
  const program = join(folder, "talk.mzl");
  writeFileSync(
    program,
    `hello: hello@"${location}"(E) :- periodic(E, 0, 1).\nbye: bye@"${location}"(1) :- shutdown().\n`,
  );
  const node = new MosaicProcess(["run", program, "--listen", "127.0.0.1:0", "--pcap", file]);
  await node.printed(/running/);
  node.kill("SIGTERM");
  expect((await node.ended).code).toBe(0);
  expect(tshark(file, "ip.dst", "udp.dstport")).toEqual([1, 2].map(() => location.replace(":", "\t")));
  peer.close();
});

test("captures of simulated hosts are equal for equal seeds", async ({ skip }) => {
  skip(noTshark !== undefined, noTshark);
  const topology = join(ROOT, "lab/demo/ron.toml");
  const hosts = async (name: string): Promise<readonly Buffer[]> => {
    const ended = await mosaic("sim", topology, "--pcap", join(folder, name));
    expect(ended.code).toBe(0);
    return readdirSync(join(folder, name)).map((file) => readFileSync(join(folder, name, file)));
  };
  const captures = await hosts("one");
  expect(captures).toHaveLength(5);
  expect(await hosts("other")).toEqual(captures);
  const [first = ""] = readdirSync(join(folder, "one"));
  const interfaces = tshark(join(folder, "one", first), "frame.interface_name");
  expect(new Set(interfaces).size).toBe(2);
}, 60_000);

test("any datagram becomes a valid IP packet", () => {
  const ends = fc.constantFrom("10.0.0.1:1", "255.255.255.255:65535", "[fd00::1]:10000", "[::]:0");
  fc.assert(
    fc.property(ends, ends, fc.uint8Array({ maxLength: 300 }), (from, to, payload) => {
      const [source, destination] = [udpEnd(from), udpEnd(to)];
      if (source === undefined || destination === undefined) throw new Error("no address");
      const packet = udpPacket(source, destination, payload);
      const header = readHeader(packet);
      expect(header).toMatchObject({ length: packet.length, protocol: 17, ttl: 64 });
      expect(packet.subarray(packet.length - payload.length)).toEqual(payload);
    }),
  );
});

test("packets that the sink refuses are counted", () => {
  const { sink, capture, datagrams, world } = capturing();
  sink.room = 2;
  for (let count = 0; count < 5; count++) datagrams.send("10.0.0.2:1", new Uint8Array(9));
  expect(capture.dropped).toBe(4);
  expect(world.datagrams.sent).toHaveLength(5);
});

function datagramTrain(count: number): DatagramTrain {
  const none = new Uint8Array();
  const train = trainOf(Array.from({ length: count }, () => new Uint8Array(100)));
  if (!isTrain(train)) throw new Error("no train");
  return { train, head: none, tail: none, lastHead: none, lastTail: none };
}

test("each packet of a train that the sink refuses or loses is counted", () => {
  const { sink, capture, datagrams } = capturing();
  datagrams.sendTrain?.("10.0.0.2:1", datagramTrain(4));
  expect(sink.blocks).toHaveLength(1 + 4);
  for (const lost of sink.lost) lost();
  expect(capture.dropped).toBe(4);
  sink.room = 0;
  datagrams.sendTrain?.("10.0.0.2:1", datagramTrain(3));
  expect(capture.dropped).toBe(7);
});

test("packets have the time of the system clock, also after a step of that clock", () => {
  const times: number[] = [1_700_000_000, 1_600_000_000];
  const sink = new Memory();
  const capture = new Capture(sink, () => times.shift() ?? NaN, "10.0.0.1:10000", []);
  const bytes = new Uint8Array(20);
  for (let count = 0; count < 2; count++) capture.packet("in", bytes, 0);
  const microseconds = sink.blocks.slice(1).map((block) => {
    const view = new DataView(block.buffer, block.byteOffset);
    return view.getUint32(12, true) * 2 ** 32 + view.getUint32(16, true);
  });
  expect(microseconds).toEqual([1_700_000_000e6, 1_600_000_000e6]);
});
