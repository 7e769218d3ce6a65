import { expect, test } from "vitest";
import { NetworkIn } from "../../runtime/elements/network-in.ts";
import { PeerCounters } from "../../runtime/observe/peer-counters.ts";
import { answerOf, NONCE_MIN, probeOf } from "../../runtime/path/probe-message.ts";
import { PathSizes } from "../../runtime/path/path-sizes.ts";
import { splitMessage } from "../../runtime/wire/fragment.ts";
import { HEADER_BYTES } from "../../runtime/wire/header.ts";
import { manualWorld } from "../session/manual-world.ts";

const THERE = "10.0.0.2:10000";

/** Returns the datagrams that a node without a program sends when these datagrams arrive. */
function answersTo(...datagrams: readonly Uint8Array[]): readonly Uint8Array[] {
  const world = manualWorld("10.0.0.1:10000");
  const { clock, datagrams: network } = world;
  const paths = new PathSizes({ clock, datagrams: network, random: () => 0, changed: () => undefined });
  new NetworkIn(world, new PeerCounters(), paths, () => undefined).start();
  for (const bytes of datagrams) network.deliver(bytes, THERE);
  return network.sent.map(({ bytes }) => bytes);
}

const probe = probeOf(NONCE_MIN + 1, 1400);

test("a probe is answered at once", () => {
  expect(answersTo(probe)).toEqual([answerOf(NONCE_MIN + 1)]);
});

test("probes that share a datagram are not answered, since a few bytes would cause many answers", () => {
  const short = probeOf(NONCE_MIN, 150);
  expect(answersTo(Buffer.concat([short, short.subarray(HEADER_BYTES)]))).toEqual([]);
});

test("a probe that came in fragments is not answered, since no datagram of its size arrived", () => {
  const pieces = splitMessage(probe.subarray(HEADER_BYTES), 600) ?? [];
  expect(pieces.length).toBeGreaterThan(1);
  expect(answersTo(...pieces)).toEqual([]);
});
