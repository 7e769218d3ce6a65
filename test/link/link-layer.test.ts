import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { issueCertificate } from "../../runtime/link/certificate.ts";
import { revoke } from "../../runtime/link/revocation.ts";
import type { LinkRefusal } from "../../runtime/link/link-counts.ts";
import { keyPairOf } from "../../runtime/link/x25519.ts";
import { ALICE, NETWORK, NEW_YEAR, OTHER_NETWORK } from "./keys.ts";
import { type LinkHost, LinkNetwork, pinnedPair } from "./link-network.ts";

const INITIATION_TYPE = 1;
const RESPONSE_TYPE = 2;
const TYPE_AT = 4;

function refusals({ layer }: LinkHost): Readonly<Partial<Record<LinkRefusal, number>>> {
  return Object.fromEntries(layer.counts.refused);
}

function messages(network: LinkNetwork, type: number): readonly { readonly to: string; readonly bytes: Uint8Array }[] {
  return network.packets.flatMap(({ to, content }) =>
    content instanceof Uint8Array && content[TYPE_AT] === type ? [{ to, bytes: content }] : [],
  );
}

describe("pinned peers", () => {
  test("a datagram waits for the handshake, and both sides then exchange datagrams under the names that the users wrote", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    network.say(a, "b:1", "one");
    network.say(a, "b:1", "two");
    network.runUntil(1);
    network.say(b, "a:1", "three");
    network.runUntil(2);
    expect({ a: a.got, b: b.got }).toEqual({ a: ["b:1: three"], b: ["a:1: one", "a:1: two"] });
    expect(messages(network, INITIATION_TYPE)).toHaveLength(1);
    expect(messages(network, RESPONSE_TYPE)).toHaveLength(1);
  });

  test("the response is not longer than its initiation", () => {
    const network = new LinkNetwork();
    const { a } = pinnedPair(network);
    network.say(a, "b:1", "one");
    network.runUntil(1);
    const [[initiation], [response]] = [messages(network, INITIATION_TYPE), messages(network, RESPONSE_TYPE)];
    expect(response?.bytes.length).toBeLessThanOrEqual(initiation?.bytes.length ?? 0);
  });

  test("a peer with an unknown key gets no answer", () => {
    const network = new LinkNetwork();
    const { b } = pinnedPair(network);
    const stranger = network.add("c", 12);
    stranger.layer.pin({ name: "b:1", key: b.keys.publicKey, endpoint: "b:1" });
    network.say(stranger, "b:1", "let me in");
    network.runUntil(20);
    expect(network.packets.filter(({ to }) => to === "c:1")).toEqual([]);
    expect(refusals(b)["unknown key"]).toBeGreaterThan(2);
  });

  test("no datagram leaves for a name without a key", () => {
    const network = new LinkNetwork();
    const { a } = pinnedPair(network);
    network.say(a, "elsewhere:1", "secret");
    network.runUntil(10);
    expect(network.packets).toEqual([]);
    expect(refusals(a)).toEqual({ "no key": 1 });
  });

  test("a lost initiation or response is sent again after five seconds", () => {
    for (const lost of [INITIATION_TYPE, RESPONSE_TYPE]) {
      const network = new LinkNetwork();
      const { a, b } = pinnedPair(network);
      let dropped = 0;
      network.fate = ({ content }) =>
        content instanceof Uint8Array && content[TYPE_AT] === lost && dropped++ === 0 ? [] : [0.01];
      network.say(a, "b:1", "one");
      network.runUntil(4.9);
      expect(b.got).toEqual([]);
      network.runUntil(8);
      expect(b.got).toEqual(["a:1: one"]);
    }
  });

  test("a peer that does not answer gets initiations for 90 s, and 128 datagrams wait for it", () => {
    const network = new LinkNetwork();
    const { a } = pinnedPair(network);
    network.fate = () => [];
    for (let at = 0; at < 200; at++) network.say(a, "b:1", `datagram ${at}`);
    network.runUntil(120);
    expect(messages(network, INITIATION_TYPE).length).toBeGreaterThanOrEqual(15);
    expect(messages(network, INITIATION_TYPE).length).toBeLessThanOrEqual(19);
    expect(refusals(a)).toEqual({ "no session": 200 });
  });

  test("a peer whose name is still being resolved gets the initiation a second later", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    network.unresolved.add("b:1");
    network.say(a, "b:1", "one");
    network.runUntil(0.5);
    network.unresolved.clear();
    network.runUntil(2.1);
    expect(b.got).toEqual(["a:1: one"]);
  });

  test("datagrams that wait for all peers have at most 4 MiB", () => {
    const network = new LinkNetwork();
    const { a } = pinnedPair(network);
    network.fate = () => [];
    const peers = Array.from({ length: 100 }, (_, at) => `peer${at}:1`);
    for (const [at, name] of peers.entries())
      a.layer.pin({ name, key: keyPairOf(new Uint8Array(32).fill(100 + at)).publicKey, endpoint: name });
    for (const name of peers) for (let at = 0; at < 100; at++) a.layer.unsealable(name, new Uint8Array(60_000), 0);
    const waiting = Math.floor((4 * 1024 * 1024) / 60_000);
    expect(refusals(a)).toEqual({ "no session": 10_000 - waiting });
  });

  test("a clock that is set back does not keep a node from a new session", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    network.say(a, "b:1", "one");
    network.runUntil(1);
    network.clockError = -3600;
    for (let at = 1; at < 200; at++) {
      network.say(a, "b:1", String(at));
      network.runUntil(at + 1);
    }
    expect(b.got).toHaveLength(200);
    expect(b.layer.counts.established).toBe(2);
  });

  test("two nodes that begin at once use one session", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    network.say(a, "b:1", "from a");
    network.say(b, "a:1", "from b");
    network.runUntil(4);
    expect({ a: a.got, b: b.got }).toEqual({ a: ["b:1: from b"], b: ["a:1: from a"] });
    expect([a.layer.counts.established, b.layer.counts.established]).toEqual([1, 1]);
  });

  test("a session in use is renewed after two minutes and ends after three, and no datagram is lost", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    for (let at = 0; at < 600; at++) {
      network.say(a, "b:1", String(at));
      network.runUntil(at + 1);
    }
    expect(b.got).toEqual(Array.from({ length: 600 }, (_, at) => `a:1: ${at}`));
    expect(b.layer.counts.established).toBe(5);
  });

  test("a session is idle without traffic, and answers data with an empty datagram after ten seconds", () => {
    const network = new LinkNetwork();
    const { a } = pinnedPair(network);
    network.say(a, "b:1", "one");
    network.runUntil(9);
    const before = network.packets.length;
    network.runUntil(13);
    expect(network.packets.slice(before).map(({ from, to }) => `${from} ${to}`)).toEqual(["b:1 a:1"]);
    network.runUntil(170);
    expect(network.packets).toHaveLength(before + 1);
  });

  test("a peer that has started again is found after the silence of fifteen seconds", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    network.say(a, "b:1", "one");
    network.runUntil(1);
    b.layer.close();
    network.hosts.delete("b:1");
    const again = network.add("b", 11);
    again.layer.pin({ name: "a:1", key: a.keys.publicKey, endpoint: "a:1" });
    for (let at = 1; at < 40; at++) {
      network.say(a, "b:1", `at ${at}`);
      network.runUntil(at + 1);
    }
    expect(again.got.at(-1)).toBe("a:1: at 39");
    expect(again.got.length).toBeGreaterThan(18);
  });

  test("the peer is where its newest datagram came from", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    network.say(a, "b:1", "one");
    network.runUntil(1);
    network.move(b, "elsewhere:9");
    b.layer.moved();
    network.runUntil(2);
    network.say(a, "b:1", "two");
    network.runUntil(3);
    expect(b.got).toEqual(["a:1: one", "a:1: two"]);
  });
});

describe("attacks", () => {
  test("an initiation that is played again changes nothing", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    network.say(a, "b:1", "one");
    network.runUntil(1);
    const [initiation] = messages(network, INITIATION_TYPE);
    network.carry({ from: "mallory:1", to: "b:1", content: initiation?.bytes ?? new Uint8Array(0) });
    network.runUntil(2);
    expect(network.packets.filter(({ to }) => to === "mallory:1")).toEqual([]);
    expect(refusals(b)).toEqual({ replayed: 1 });
    network.say(b, "a:1", "two");
    network.runUntil(3);
    expect(a.got).toEqual(["b:1: two"]);
  });

  test("a message that is changed, cut, reflected or sent to another node changes nothing", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    const c = network.add("c", 12);
    network.say(a, "b:1", "one");
    network.runUntil(1);
    const sent = [...messages(network, INITIATION_TYPE), ...messages(network, RESPONSE_TYPE)].map(({ bytes }) => bytes);
    const before = network.packets.length;
    fc.assert(
      fc.property(fc.constantFrom(...sent), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, place, flip) => {
        const changed = Uint8Array.from(bytes);
        // The authenticators are the addon's affair; bytes before them are this layer's.
        const at = 5 + (place % (bytes.length - 37));
        changed[at] = (changed[at] as number) ^ flip;
        for (const one of [changed, bytes.subarray(0, at), bytes])
          for (const host of [a, b, c]) host.layer.handshake(one, "mallory:1");
      }),
      { numRuns: 40 },
    );
    network.runUntil(1.5);
    const answers = network.packets.slice(before).filter(({ content }) => !isCookie(content));
    expect(answers).toEqual([]);
    network.say(a, "b:1", "two");
    network.runUntil(2);
    expect(b.got).toEqual(["a:1: one", "a:1: two"]);
  });

  test("under a flood of initiations, strangers get cookies, and a peer with a cookie a session", () => {
    const network = new LinkNetwork();
    const { a, b } = pinnedPair(network);
    network.say(a, "b:1", "one");
    const [first] = messages(network, INITIATION_TYPE);
    const flood = (): void => {
      for (let at = 0; at < 300; at++)
        b.layer.handshake(first?.bytes ?? new Uint8Array(0), `10.0.${at >> 8}.${at & 255}:7`);
    };
    network.time.add(0, { fire: flood });
    for (let second = 0; second < 9; second++) network.time.add(second + 0.99, { fire: flood });
    network.runUntil(9);
    expect(b.layer.counts.cookies).toBeGreaterThan(2000);
    expect(b.got).toEqual(["a:1: one"]);
    const replies = network.packets.filter(({ content }) => isCookie(content));
    const longest = Math.max(...replies.map(({ content }) => (content as Uint8Array).length));
    expect(longest).toBeLessThan(first?.bytes.length ?? 0);
  });

  test("any bytes are refused", () => {
    const network = new LinkNetwork();
    const { a } = pinnedPair(network);
    const head = fc.constantFrom(
      [],
      [0x4d, 0x5a, 1, 8],
      [0x4d, 0x5a, 1, 8, 1],
      [0x4d, 0x5a, 1, 8, 2],
      [0x4d, 0x5a, 1, 8, 3],
    );
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        a.layer.handshake(Buffer.concat([Buffer.from(start), rest]), "mallory:1");
      }),
      { numRuns: 200 },
    );
    expect(a.layer.counts.established).toBe(0);
  });
});

describe("members of a network", () => {
  const TRUST = { network: NETWORK.publicKey, revocations: new Map() };

  function member(network: LinkNetwork, name: string, secret: number, changes: Partial<typeof ALICE> = {}): LinkHost {
    const { publicKey } = keyPairOf(new Uint8Array(32).fill(secret));
    const certificate = issueCertificate({ ...ALICE, key: publicKey, name, ...changes }, NETWORK) as Uint8Array;
    return network.add(name, secret, { certificate, trust: TRUST });
  }

  test("a node that knows the key and address of a member learns its name, and is known by its own", () => {
    const network = new LinkNetwork();
    const a = member(network, "alice", 10);
    const b = member(network, "bob", 11);
    a.layer.introduce({ key: b.keys.publicKey, endpoint: "bob:1" });
    network.runUntil(1);
    network.say(a, "bob", "one");
    network.say(b, "alice", "two");
    network.runUntil(2);
    expect({ a: a.got, b: b.got }).toEqual({ a: ["bob: two"], b: ["alice: one"] });
  });

  test.each<readonly [LinkRefusal, Partial<typeof ALICE>]>([
    ["expired certificate", { notAfter: NEW_YEAR }],
    ["early certificate", { notBefore: NEW_YEAR + 3600 }],
  ])("the holder of an %s gets no answer", (why, changes) => {
    const network = new LinkNetwork();
    const a = member(network, "alice", 10, { notBefore: NEW_YEAR - 10, ...changes });
    const b = member(network, "bob", 11);
    a.layer.introduce({ key: b.keys.publicKey, endpoint: "bob:1" });
    network.runUntil(1);
    expect(refusals(b)).toEqual({ [why]: 1 });
    expect(network.packets.filter(({ to }) => to === "alice:1")).toEqual([]);
  });

  test("the member of another network gets no answer", () => {
    const network = new LinkNetwork();
    const { publicKey } = keyPairOf(new Uint8Array(32).fill(10));
    const certificate = issueCertificate({ ...ALICE, key: publicKey }, OTHER_NETWORK) as Uint8Array;
    const trust = { network: OTHER_NETWORK.publicKey, revocations: new Map() };
    const a = network.add("alice", 10, { certificate, trust });
    const b = member(network, "bob", 11);
    a.layer.introduce({ key: b.keys.publicKey, endpoint: "bob:1" });
    network.runUntil(1);
    expect(refusals(b)).toEqual({ "not authentic": 1 });
    expect(network.packets.filter(({ to }) => to === "alice:1")).toEqual([]);
  });

  test("the link of a member that is revoked ends, and it gets no answer", () => {
    const network = new LinkNetwork();
    const a = member(network, "alice", 10);
    const b = member(network, "bob", 11);
    a.layer.introduce({ key: b.keys.publicKey, endpoint: "bob:1" });
    network.runUntil(1);
    const revocation = revoke(TRUST.revocations, "alice", NETWORK);
    b.layer.trustFrom({ ...TRUST, revocations: new Map([["alice", revocation]]) });
    network.say(a, "bob", "still here");
    network.runUntil(30);
    expect(b.got).toEqual([]);
    expect(b.layer.peers).toEqual([]);
  });

  test("the response is not longer than its initiation, whatever the certificates", () => {
    const network = new LinkNetwork();
    const groups = Array.from({ length: 16 }, (_, at) => `group-${String(at).padStart(2, "0")}-with-a-long-name`);
    const a = member(network, "alice", 10);
    const b = member(network, "bob", 11, { groups });
    a.layer.introduce({ key: b.keys.publicKey, endpoint: "bob:1" });
    network.runUntil(1);
    const [[initiation], [response]] = [messages(network, INITIATION_TYPE), messages(network, RESPONSE_TYPE)];
    expect(response?.bytes.length).toBeLessThanOrEqual(initiation?.bytes.length ?? 0);
    expect(initiation?.bytes.length).toBeLessThanOrEqual(1232);
    expect(a.layer.peers.map(({ name }) => name)).toEqual(["bob"]);
  });
});

test("a link under loss, reordering and duplication carries on: each datagram arrives at most once", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat({ max: 9 })), (chance) => {
      const network = new LinkNetwork();
      const { a, b } = pinnedPair(network);
      const next = (): number => chance.next().value as number;
      network.fate = () => [[], [0.01], [0.3], [0.01, 0.5]][Math.min(3, next())] ?? [0.01];
      for (let at = 0; at < 60; at++) {
        network.say(at % 2 === 0 ? a : b, at % 2 === 0 ? "b:1" : "a:1", String(at));
        network.runUntil(at + 1);
      }
      network.fate = () => [0.01];
      network.say(a, "b:1", "last");
      network.say(b, "a:1", "last");
      network.runUntil(120);
      for (const { got } of [a, b]) {
        expect(new Set(got).size).toBe(got.length);
        expect(got.at(-1)).toMatch(/last$/);
      }
    }),
    { numRuns: 15 },
  );
});

function isCookie(content: unknown): boolean {
  return content instanceof Uint8Array && content[TYPE_AT] === 3;
}
