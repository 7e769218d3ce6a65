import { describe, expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { RecordedRun, FlowCache } from "../../runtime/world/world.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";
import { tunDatagram } from "../session/tun-datagram.ts";

const TUNNEL = `
materialize(addressMap, infinity, infinity, keys(1)).
t: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).
addressMap("100.64.0.2", "192.0.2.2:1").
`;

/** A tunnel into an overlay that is not loaded, whose packets a gateway takes. */
const ELSEWHERE = `
materialize(addressMap, infinity, infinity, keys(1)).
materialize(gateway, infinity, 1, keys(1)).
t: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).
p: pass@G(To, P) :- else.send(To, P), gateway(G).
addressMap("100.64.0.2", gone::"192.0.2.7:1").
gateway("192.0.2.2:1").
`;

/** A flow cache without hits, which records runs and calls. */
class RecordingCache implements FlowCache {
  readonly hits = { sent: 0, delivered: 0 };
  readonly blocked: string[] = [];
  flushed = 0;
  counted = 0;
  begin: () => () => RecordedRun | undefined = () => () => undefined;

  setRecorder(begin: () => () => RecordedRun | undefined): void {
    this.begin = begin;
  }

  flush(): void {
    this.flushed++;
  }

  block(queue: string, isBlocked: boolean): void {
    this.blocked.push(`${queue} ${isBlocked}`);
  }

  countHits(): void {
    this.counted++;
  }

  /** Returns the recorded run of `work`; undefined if it is not cacheable. */
  run(work: () => void): RecordedRun | undefined {
    const end = this.begin();
    work();
    return end();
  }
}

describe("a run is cacheable", () => {
  test("if it sends a packet of the device, and a hit counts as another run would", () => {
    const [one, other] = [nodeOf(TUNNEL), nodeOf(TUNNEL)];
    for (const { send } of [one, other]) send();
    one.flowCache.run(() => one.send())?.addHits(3, 0);
    for (let times = 0; times < 4; times++) other.send();
    expect(countsOf(one)).toEqual(countsOf(other));
  });

  test("if it delivers a packet to the device, and a hit updates the time of the last datagram", () => {
    const [one, other] = [nodeOf(TUNNEL), nodeOf(TUNNEL)];
    for (const { receive } of [one, other]) receive();
    const run = one.flowCache.run(() => one.receive());
    other.receive();
    for (const { world } of [one, other]) world.clock.advance(10);
    run?.addHits(2, 4);
    other.world.clock.advance(-4);
    for (let times = 0; times < 2; times++) other.receive();
    other.world.clock.advance(4);
    expect(countsOf(one)).toEqual(countsOf(other));
  });

  test("if a rule passes its packet to a gateway of an overlay that is not loaded", () => {
    const [one, other] = [nodeOf(ELSEWHERE), nodeOf(ELSEWHERE)];
    for (const { send } of [one, other]) send();
    one.flowCache.run(() => one.send())?.addHits(3, 0);
    for (let times = 0; times < 4; times++) other.send();
    expect(countsOf(one)).toEqual(countsOf(other));
  });

  test("until a row expires", () => {
    const host = nodeOf(`${TUNNEL}\nmaterialize(known, 30, 10, keys(1)).\nk: said(X) :- known(X), go().`);
    host.send();
    expect(host.flowCache.run(() => host.send())?.validFor).toBe(Infinity);
    host.node.insert("known", [1]);
    host.world.clock.advance(12);
    expect(host.flowCache.run(() => host.send())?.validFor).toBe(18);
  });
});

describe("a run is not cacheable", () => {
  test.each([
    ["changes a table", "materialize(seen, 10, 10, keys(1)).\nseen(D) :- tun(_, _, D)."],
    ["counts in a table", "materialize(seen, 10, 10, keys(1)).\nseen(1, N + 1) :- tun(_), seen(1, N).\nseen(1, 0)."],
    ["reads the payload", "said(P) :- tun(P), f_u8(P, 0) == 1."],
    ["uses random numbers", "said(X) :- tun(_), X := f_rand()."],
    [
      "goes to an overlay that is not loaded, which no rule hears",
      'addressMap("100.64.0.3", gone::"b:1").',
      "100.64.0.3",
    ],
    ["has a derivation without value", "said(X) :- tun(_, S), X := f_toint(S)."],
    ["starts another step", 'said@"self:1"(S) :- tun(_, S).'],
    ["sends to a name", 'addressMap("100.64.0.3", "name:1").', "100.64.0.3"],
    ["sends a datagram that needs a path probe", "", "100.64.0.2", 1300],
  ])("if it %s", (_, more, to = "100.64.0.2", length = 100) => {
    const host = nodeOf(`${TUNNEL}${more}`);
    host.send(to, length);
    expect(host.flowCache.run(() => host.send(to, length))).toBeUndefined();
  });

  test("if it rewrites the header of a packet, even to equal values", () => {
    const host = nodeOf(`${TUNNEL}\nn: tun@A(P, "100.64.0.1") :- tun(P, _, "100.64.0.7"), addressMap(_, A).`);
    const work = (): void => host.receive(["100.64.0.1"]);
    work();
    expect(host.tun.written).toHaveLength(1);
    expect(host.flowCache.run(work)).toBeUndefined();
  });
});

describe("the cache is flushed", () => {
  const FLUSHING: Readonly<Record<string, (host: Host) => void>> = {
    "when a row is inserted": ({ node }) => node.insert("addressMap", ["100.64.0.5", "192.0.2.5:1"]),
    "when a row is replaced": ({ node }) => node.insert("addressMap", ["100.64.0.2", "192.0.2.5:1"]),
    "when a row is deleted": ({ node }) => node.delete("addressMap", ["100.64.0.2", "192.0.2.2:1"]),
    "when the node gets another address": ({ node }) => node.insert("localAddr", ["self:2"]),
    "when the program is replaced": ({ node }) =>
      node.replaceProgram(programOf(`${TUNNEL}\nx: said(1) :- tun(_).`), []),
  };

  test.each(Object.entries(FLUSHING))("%s", (_, work) => {
    const host = nodeOf(TUNNEL);
    const before = host.flowCache.flushed;
    work(host);
    expect(host.flowCache.flushed).toBeGreaterThan(before);
  });

  test("when the gateway of an overlay that is not loaded changes", () => {
    const host = nodeOf(ELSEWHERE);
    const before = host.flowCache.flushed;
    host.node.insert("gateway", ["192.0.2.3:1"]);
    expect(host.flowCache.flushed).toBeGreaterThan(before);
  });

  test("but not when a row changes that no run depends on", () => {
    const host = nodeOf(`${TUNNEL}\nmaterialize(known, 30, 10, keys(1)).\nk: said(X) :- go(X), known(X).`);
    const before = host.flowCache.flushed;
    host.node.insert("known", [1]);
    host.world.clock.advance(60);
    expect({ known: host.node.rows("known"), flushed: host.flowCache.flushed }).toEqual({
      known: [],
      flushed: before,
    });
  });

  test("but not when a row is only refreshed", () => {
    const host = nodeOf(TUNNEL);
    const before = host.flowCache.flushed;
    host.node.insert("addressMap", ["100.64.0.2", "192.0.2.2:1"]);
    expect(host.flowCache.flushed).toBe(before);
  });
});

test("the cache is blocked while steps are queued", () => {
  const many = Array.from({ length: 600 }, (_, at) => at);
  const host = nodeOf(`${TUNNEL}\n${many.map((at) => `s${at}: said@"self:1"(${at}) :- go().`).join("\n")}`);
  host.node.insert("go", []);
  expect(host.flowCache.blocked.slice(1)).toEqual(["steps true"]);
  host.world.clock.advance(1);
  expect(host.flowCache.blocked.slice(-1)).toEqual(["steps false"]);
});

describe("with a second device", () => {
  test.each([
    ["a run that leaves it alone is cacheable", TUNNEL, true],
    [
      "a run that writes to it is not",
      `${TUNNEL} b: tun(P, _, _, _, _, "second") :- tun(P, _, _, _, _, "fake").`,
      false,
    ],
  ])("%s", (_, text, isCacheable) => {
    const { send, flowCache } = nodeOf(text, [new RecordingTun("second")]);
    send();
    expect(flowCache.run(() => send()) !== undefined).toBe(isCacheable);
  });
});

describe("the cache is blocked for observers", () => {
  test("while they trace", () => {
    const { node, flowCache } = nodeOf(TUNNEL);
    const [one, other] = [node.snitch.attach(() => {}), node.snitch.attach(() => {})];
    one();
    expect(flowCache.blocked.slice(-1)).toEqual(["observers true"]);
    other();
    expect(flowCache.blocked.slice(-1)).toEqual(["observers false"]);
  });

  test.each([
    ["events are watched", "watch(tun).", true],
    ["rows are watched, which stay the same", "watch(addressMap).", false],
  ])("while %s: %s %s", (_, more, isBlocked) => {
    expect(nodeOf(`${TUNNEL}${more}`).flowCache.blocked).toEqual([`observers ${isBlocked}`]);
  });

  test("once the new program watches events", () => {
    const { node, flowCache } = nodeOf(TUNNEL);
    node.replaceProgram(programOf(`${TUNNEL}watch(tun).`), []);
    expect(flowCache.blocked).toEqual(["observers false", "observers true"]);
  });
});

type Host = ReturnType<typeof nodeOf>;

function programOf(text: string) {
  const library = new FileLibrary();
  library.addText("text", text);
  const { plan, diagnostics } = compile(["text"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return loadProgram(plan);
}

function nodeOf(text: string, others: readonly RecordingTun[] = []) {
  const flowCache = new RecordingCache();
  const tun = new RecordingTun();
  const world = { ...manualWorld("self:1"), devices: [tun, ...others], flowCache };
  Object.assign(world.datagrams, { numeric: (to: string) => (to.startsWith("name") ? "192.0.2.9:1" : to) });
  const node = new Node(programOf(text), world, { names: ["self:1"], facts: [], watch: [] });
  node.start();
  const send = (to: string = "100.64.0.2", length: number = 100): void => tun.receive(packetTo(to, length));
  const receive = (changes: readonly string[] = []): void => {
    world.datagrams.deliver(tunDatagram([packetTo("100.64.0.1", 100), ...changes]), "192.0.2.2:1");
  };
  return { node, world, tun, flowCache, send, receive };
}

/** Returns a UDP packet from 100.64.0.1. */
function packetTo(to: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([0x45, 0, length >> 8, length & 0xff, 0, 0, 0x40, 0, 64, 17, 0, 0, 100, 64, 0, 1]);
  bytes.set(to.split(".").map(Number), 16);
  return bytes;
}

/** Returns all counters except for durations. */
function countsOf({ node }: Host) {
  const { rules, uptime: _, ...figures } = node.metrics();
  return { ...figures, rules: rules.map(({ seconds: __, ...rule }) => rule) };
}
