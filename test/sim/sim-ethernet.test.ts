import { expect, test } from "vitest";
import { SimClock } from "../../runtime/sim/sim-clock.ts";
import { SimDevice } from "../../runtime/sim/sim-device.ts";
import { SimEthernet } from "../../runtime/sim/sim-ethernet.ts";
import { VirtualTime } from "../../runtime/sim/virtual-time.ts";

const OWN = "020000000000";
const OTHER = "020000000100";
const ALL = "ffffffffffff";
const [ME, PEER, THIRD] = ["0a010001", "0a010002", "0a010003"];
/** Header of an IPv4 packet to the peer. */
const PACKET = `4500001400000000400100000a010001${PEER}`;
const REQUEST = "0001080006040001";
const REPLY = "0001080006040002";
const ARP = "0806";
const IPV4 = "0800";

/** Passes frames to a host with the address 10.1.0.1. Returns the packets that it takes, and the frames of the packets that it sends. */
function exchange(...frames: readonly string[]): {
  readonly taken: readonly string[];
  readonly sent: readonly string[];
} {
  const time = new VirtualTime();
  const clock = new SimClock(time);
  const [taken, sent]: [string[], string[]] = [[], []];
  const device = new SimDevice({ kind: "tap", name: "lan", mtu: 1400 }, clock, () => undefined);
  device.onPacket((frame) => void sent.push(Buffer.from(frame).toString("hex")));
  const ethernet = new SimEthernet(bytesOf(OWN), bytesOf(ME), device, clock, (packet) => {
    taken.push(Buffer.from(packet).toString("hex"));
  });
  for (const frame of frames) ethernet.receive(bytesOf(frame));
  ethernet.send(bytesOf(PACKET));
  time.runUntil(0.1);
  return { taken, sent };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

const ASKS = `${ALL}${OWN}${ARP}${REQUEST}${OWN}${ME}000000000000${PEER}`;

test.each([
  ["no frame", []],
  ["an incomplete header", [`${OWN}${OTHER}08`]],
  ["a message that is too short", [`${OWN}${OTHER}${ARP}${REPLY}${OTHER}${PEER}`]],
  ["an answer to another host", [`${OWN}${OTHER}${ARP}${REPLY}${OTHER}${PEER}${OWN}${THIRD}`]],
  ["an answer in a frame to another host", [`${OTHER}${OTHER}${ARP}${REPLY}${OTHER}${PEER}${OWN}${ME}`]],
  ["an answer about another kind of network", [`${OWN}${OTHER}${ARP}0006080006040002${OTHER}${PEER}${OWN}${ME}`]],
])("after %s the kernel asks for the MAC address of its peer", (_, frames) => {
  expect(exchange(...frames)).toEqual({ taken: [], sent: [ASKS] });
});

test("an answer gives the MAC address of the peer, and so does a question of the peer, which is answered", () => {
  const packet = `${OTHER}${OWN}${IPV4}${PACKET}`;
  expect(exchange(`${OWN}${OTHER}${ARP}${REPLY}${OTHER}${PEER}${OWN}${ME}`).sent).toEqual([packet]);
  const answer = `${OTHER}${OWN}${ARP}${REPLY}${OWN}${ME}${OTHER}${PEER}`;
  expect(exchange(`${ALL}${OTHER}${ARP}${REQUEST}${OTHER}${PEER}000000000000${ME}`).sent).toEqual([answer, packet]);
});

test("the kernel takes packets in frames for the host and for all hosts, and no other frames", () => {
  const frames = [OWN, ALL, OTHER].map((to) => `${to}${OTHER}${IPV4}${to}`);
  expect(exchange(...frames, `${OWN}${OTHER}86dd01`).taken).toEqual([OWN, ALL]);
});
