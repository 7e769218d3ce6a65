import { beforeEach, describe, expect, test } from "vitest";
import { PeerCounters } from "../../runtime/observe/peer-counters.ts";
import { Liveness } from "../../runtime/path/liveness.ts";
import { PathSizes } from "../../runtime/path/path-sizes.ts";
import { PROBE_MIN } from "../../runtime/path/probe-message.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { ManualClock, ManualDatagrams } from "../session/manual-world.ts";

const PEER = "10.0.0.2:10000";

let clock: ManualClock;
let peers: PeerCounters;
let liveness: Liveness;
let probes: number[];
let unanswered: string[];

beforeEach(() => {
  clock = new ManualClock();
  peers = new PeerCounters();
  probes = [];
  unanswered = [];
  const datagrams = Object.assign(new ManualDatagrams("10.0.0.1:10000"), {
    probe: () => probes.push(clock.now()) > 0,
    numeric: (to: string) => to.replace("name", "10.0.0.2"),
    unanswered: (to: string) => unanswered.push(to),
  });
  liveness = livenessOf(datagrams);
});

function livenessOf(datagrams: Datagrams): Liveness {
  const paths = new PathSizes({ clock, datagrams, random: () => 0, changed: () => undefined });
  return new Liveness(clock, datagrams, peers, paths);
}

/** Sends datagrams to the peer, one a second. */
function send(count: number, to = PEER): void {
  for (let sent = 0; sent < count; sent++) {
    const peer = peers.peer(to);
    peer.sent++;
    peer.unanswered++;
    liveness.sent(peer);
    clock.advance(1);
  }
}

describe("a peer", () => {
  test("that gets datagrams and sends none is asked three times in a check, and again while datagrams are sent", () => {
    send(3);
    clock.advance(60);
    expect(probes).toEqual([2, 3, 4]);
    send(3);
    clock.advance(60);
    expect(probes).toHaveLength(6);
    expect(peers.peer(PEER).askedAt).toBe(2);
  });

  test("that answers the first probe is asked no more in this check", () => {
    send(2);
    peers.peer(PEER).unanswered = 3;
    liveness.sent(peers.peer(PEER));
    clock.advance(0.5);
    peers.countReceived(PEER, clock.now(), 20);
    clock.advance(60);
    expect(probes).toEqual([2]);
  });

  test("that gets nothing is not asked, however long it is silent", () => {
    peers.countReceived(PEER, clock.now(), 20);
    send(2);
    clock.advance(3_600);
    expect(probes).toEqual([]);
    expect(peers.peer(PEER).askedAt).toBeUndefined();
  });

  test("that sends, too, is not asked", () => {
    for (let turn = 0; turn < 20; turn++) {
      send(1);
      peers.countReceived(PEER, clock.now(), 20);
    }
    expect(probes).toEqual([]);
  });

  test("that leaves all probes of a check unanswered is reported to the socket, each time", () => {
    send(3);
    clock.advance(0.9);
    expect(unanswered).toEqual([]);
    clock.advance(60);
    expect(unanswered).toEqual([PEER]);
    send(3);
    clock.advance(60);
    expect(unanswered).toEqual([PEER, PEER]);
    send(3);
    peers.countReceived(PEER, clock.now(), 20);
    clock.advance(60);
    expect(unanswered).toHaveLength(2);
  });

  test("is asked by plain datagrams if the socket has no probes", () => {
    const bare = Object.assign(new ManualDatagrams("10.0.0.1:10000"), {
      unanswered: (to: string) => unanswered.push(to),
    });
    liveness = livenessOf(bare);
    send(3);
    clock.advance(60);
    expect(bare.sent.map(({ to, bytes }) => [to, bytes.length])).toEqual(
      Array.from({ length: 3 }, () => [PEER, PROBE_MIN]),
    );
    expect(unanswered).toEqual([PEER]);
  });

  test("is not asked if the socket has neither probes nor names, as in the simulator", () => {
    const bare = new ManualDatagrams("10.0.0.1:10000");
    liveness = livenessOf(bare);
    send(9);
    clock.advance(60);
    expect(bare.sent).toEqual([]);
  });

  test("that is known by a name answers from its numeric address", () => {
    send(3, "name:10000");
    peers.countReceived(PEER, clock.now(), 20);
    clock.advance(60);
    expect(probes).toHaveLength(2);
  });
});
