import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { eventSpec } from "../predicate-spec.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";
import { compileProgram } from "../sim/program-network.ts";

const [A, B, ALL] = ["02:00:00:00:00:0a", "02:00:00:00:00:0b", "ff:ff:ff:ff:ff:ff"];
const IPV4 = 0x0800;

/** A learning switch between the ports of one node. */
const SWITCH = `
materialize(port, infinity, infinity, keys(1)).
materialize(seen, 300, 4096, keys(1)).
port("left"). port("right"). port("third").
learn: seen(Src, D) :- tap(_, Src, _, _, D).
known: tap(F, _, _, _, Out) :- tap(F, _, Dst, _, In), seen(Dst, Out), Out != In.
flood: tap(F, _, _, _, Out) :- tap(F, _, Dst, _, In), !seen(Dst, _), port(Out), Out != In.
`;

/** Returns an Ethernet frame with `length` bytes of payload. */
function frame(destination: string, source: string, type: number = IPV4, length: number = 46): Uint8Array {
  const header = Buffer.from(`${destination}${source}`.replaceAll(":", ""), "hex");
  return Uint8Array.from([...header, type >> 8, type & 0xff, ...new Uint8Array(length).fill(7)]);
}

function nodeWith(rules: string, names: readonly string[], others: readonly RecordingTun[] = []) {
  const taps = names.map((name) => new RecordingTun(name, undefined, "tap"));
  const world = manualWorld("here:1");
  const settings = { names: ["here:1"], facts: [], watch: [] };
  const node = new Node(compileProgram(`${rules}\n`), { ...world, devices: [...others, ...taps] }, settings);
  node.start();
  const receive = (args: readonly (string | number | Uint8Array | null)[]): void => {
    const builder = new DatagramBuilder(1452);
    builder.add({ predicate: eventSpec("tap", args.length), args, isDelete: false });
    world.datagrams.deliver(builder.take()[0] as Uint8Array, "192.0.2.2:1");
  };
  const written = (): readonly number[] => taps.map((tap) => tap.written.length);
  return { node, world, taps, receive, written };
}

test("a switch floods frames until it has learned the port of their destination", () => {
  const { taps, written } = nodeWith(SWITCH, ["left", "right", "third"]);
  const [left, right] = taps as [RecordingTun, RecordingTun];
  left.receive(frame(ALL, A, 0x0806));
  expect(written()).toEqual([0, 1, 1]);
  right.receive(frame(A, B, 0x0806));
  expect(written()).toEqual([1, 1, 1]);
  left.receive(frame(B, A));
  expect(written()).toEqual([1, 2, 1]);
  expect(right.written[1]).toEqual(frame(B, A));
});

test("an event has the frame, its addresses as text, its type and the device", () => {
  const { node, taps } = nodeWith(
    "materialize(got, infinity, infinity, keys()). g: got(F, S, D, T, V) :- tap(F, S, D, T, V).",
    ["e0"],
  );
  const arp = frame(ALL, A, 0x0806);
  taps[0]?.receive(arp);
  expect(node.rows("got")).toEqual([[arp, A, ALL, 0x0806, "e0"]]);
});

test("a head rewrites the fields that it names", () => {
  const { taps } = nodeWith(`r: tap(F, "${B}", _, 2048) :- tap(F, _, "${ALL}").`, ["e0"]);
  const [tap] = taps as [RecordingTun];
  tap.receive(frame(ALL, A, 0x0806));
  expect(tap.written).toEqual([frame(ALL, B, 2048)]);
});

test("a frame without a device goes to the first TAP device, also of a node with TUN devices", () => {
  const tun = new RecordingTun("tun0", "10.0.0.1/8");
  const { receive, written } = nodeWith('t: tap@"192.0.2.2:1"(F) :- wanted(F).', ["e0", "e1"], [tun]);
  receive([frame(B, A)]);
  expect([written(), tun.written]).toEqual([[1, 0], []]);
});

test("frames that no device can take are dropped and counted", () => {
  const rules = 't: tap@"192.0.2.2:1"(F, S, D, T, V) :- wanted(F, S, D, T, V).';
  const { node, receive, written } = nodeWith(rules, ["e0"]);
  receive([frame(B, A), null, null, null, "e9"]);
  receive([frame(B, A).slice(0, 13), null, null, null, "e0"]);
  receive([frame(B, A), "02:00", null, null, "e0"]);
  receive([frame(B, A), null, null, 65_536, "e0"]);
  expect(written()).toEqual([0]);
  expect(node.metrics().elements.find(({ element }) => element === "TapTx")?.dropped).toEqual({
    "tap: unknown device": 1,
    "tap: no Ethernet frame": 1,
    "tap: bad header field": 2,
  });
  expect(node.metrics().unknownDevices).toEqual({ e9: 1 });
});

test("a node without a TAP device drops frames", () => {
  const { node, receive } = nodeWith('t: tap@"192.0.2.2:1"(F) :- wanted(F).', []);
  receive([frame(B, A)]);
  expect(node.metrics().elements.find(({ element }) => element === "TapTx")?.dropped).toEqual({ "tap: no device": 1 });
});

test("bytes from the device that are no frame are dropped", () => {
  const { node, taps } = nodeWith(SWITCH, ["left"]);
  for (const length of [0, 1, 13]) taps[0]?.receive(new Uint8Array(length));
  expect(node.metrics().elements.find(({ element }) => element === "TapRx")?.dropped).toEqual({
    "tap: no Ethernet frame": 3,
  });
});

test("a frame that does not fit a datagram is split, without a report to its sender", () => {
  const { taps, world } = nodeWith('f: frame@"192.0.2.2:1"(F) :- tap(F).', ["e0"]);
  taps[0]?.receive(frame(B, A, IPV4, 1500));
  expect(world.datagrams.sent).toHaveLength(2);
  expect(taps[0]?.written).toEqual([]);
});
