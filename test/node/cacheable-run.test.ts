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

/** Ways that nothing goes by: what is asked for is what would be remembered. */
class RecordingCache implements FlowCache {
  readonly hits = { sent: 0, delivered: 0 };
  readonly blocked: string[] = [];
  flushed = 0;
  settled = 0;
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
    this.settled++;
  }

  /** What would be remembered of what `work` does. */
  pass(work: () => void): RecordedRun | undefined {
    const end = this.begin();
    work();
    return end();
  }
}

describe("a pass may be remembered", () => {
  test("that sends a packet of the device, and what counts for it is what another would count", () => {
    const [one, other] = [nodeOf(TUNNEL), nodeOf(TUNNEL)];
    for (const { send } of [one, other]) send();
    one.flowCache.pass(() => one.send())?.addHits(3, 0);
    for (let times = 0; times < 4; times++) other.send();
    expect(countsOf(one)).toEqual(countsOf(other));
  });

  test("that brings one to the device, and it is known when the last came", () => {
    const [one, other] = [nodeOf(TUNNEL), nodeOf(TUNNEL)];
    for (const { receive } of [one, other]) receive();
    const pass = one.flowCache.pass(() => one.receive());
    other.receive();
    for (const { world } of [one, other]) world.clock.advance(10);
    pass?.addHits(2, 4);
    other.world.clock.advance(-4);
    for (let times = 0; times < 2; times++) other.receive();
    other.world.clock.advance(4);
    expect(countsOf(one)).toEqual(countsOf(other));
  });

  test("for as long as no row's time is up", () => {
    const host = nodeOf(`${TUNNEL}\nmaterialize(known, 30, 10, keys(1)).\nk: said(X) :- known(X), go().`);
    host.send();
    expect(host.flowCache.pass(() => host.send())?.validFor).toBe(Infinity);
    host.node.insert("known", [1]);
    host.world.clock.advance(12);
    expect(host.flowCache.pass(() => host.send())?.validFor).toBe(18);
  });
});

describe("a pass is not remembered", () => {
  test.each([
    ["changes a table", "materialize(seen, 10, 10, keys(1)).\nseen(D) :- tun(_, _, D)."],
    ["counts in one", "materialize(seen, 10, 10, keys(1)).\nseen(1, N + 1) :- tun(_), seen(1, N).\nseen(1, 0)."],
    ["looks at bytes", "said(P) :- tun(P), f_u8(P, 0) == 1."],
    ["draws lots", "said(X) :- tun(_), X := f_rand()."],
    ["has no value for something", "said(X) :- tun(_, S), X := S + 1."],
    ["makes another step", 'said@"self:1"(S) :- tun(_, S).'],
    ["speaks to a name", 'addressMap("100.64.0.3", "name:1").', "100.64.0.3"],
    ["sends what may be too long for a path", "", "100.64.0.2", 1300],
  ])("that %s", (_, more, to = "100.64.0.2", length = 100) => {
    const host = nodeOf(`${TUNNEL}${more}`);
    host.send(to, length);
    expect(host.flowCache.pass(() => host.send(to, length))).toBeUndefined();
  });

  test("that changes the header of a packet, though it is as it was", () => {
    const host = nodeOf(`${TUNNEL}\nn: tun@A(P, "100.64.0.1") :- tun(P, _, "100.64.0.7"), addressMap(_, A).`);
    const work = (): void => host.receive(["100.64.0.1"]);
    work();
    expect(host.tun.written).toHaveLength(1);
    expect(host.flowCache.pass(work)).toBeUndefined();
  });
});

describe("all is flushed", () => {
  const FORGETTING: Readonly<Record<string, (host: Host) => void>> = {
    "when a row is put": ({ node }) => node.insert("addressMap", ["100.64.0.5", "192.0.2.5:1"]),
    "when a row is replaced": ({ node }) => node.insert("addressMap", ["100.64.0.2", "192.0.2.5:1"]),
    "when a row goes": ({ node }) => node.delete("addressMap", ["100.64.0.2", "192.0.2.2:1"]),
    "when the node gets another name": ({ node }) => node.insert("localAddr", ["self:2"]),
    "when the program is another": ({ node }) => node.replaceProgram(programOf(`${TUNNEL}\nx: said(1) :- tun(_).`), []),
  };

  test.each(Object.entries(FORGETTING))("%s", (_, work) => {
    const host = nodeOf(TUNNEL);
    const before = host.flowCache.flushed;
    work(host);
    expect(host.flowCache.flushed).toBeGreaterThan(before);
  });

  test("but not when a row changes that no packet depends on", () => {
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

test("while causes wait nothing may overtake them", () => {
  const many = Array.from({ length: 600 }, (_, at) => at);
  const host = nodeOf(`${TUNNEL}\n${many.map((at) => `s${at}: said@"self:1"(${at}) :- go().`).join("\n")}`);
  host.node.insert("go", []);
  expect(host.flowCache.blocked.slice(1)).toEqual(["steps true"]);
  host.world.clock.advance(1);
  expect(host.flowCache.blocked.slice(-1)).toEqual(["steps false"]);
});

describe("nothing goes past those who are to be told of all", () => {
  test("while they listen", () => {
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

  test("once the program is one that watches", () => {
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

function nodeOf(text: string) {
  const flowCache = new RecordingCache();
  const tun = new RecordingTun();
  const world = { ...manualWorld("self:1"), tun, flowCache };
  Object.assign(world.datagrams, { numeric: (to: string) => (to.startsWith("name") ? "192.0.2.9:1" : to) });
  const node = new Node(programOf(text), world, { names: ["self:1"], facts: [], watch: [] });
  node.start();
  const send = (to: string = "100.64.0.2", length: number = 100): void => tun.receive(packetTo(to, length));
  const receive = (changes: readonly string[] = []): void => {
    world.datagrams.deliver(tunDatagram([packetTo("100.64.0.1", 100), ...changes]), "192.0.2.2:1");
  };
  return { node, world, tun, flowCache, send, receive };
}

/** Of UDP, from 100.64.0.1. */
function packetTo(to: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([0x45, 0, length >> 8, length & 0xff, 0, 0, 0x40, 0, 64, 17, 0, 0, 100, 64, 0, 1]);
  bytes.set(to.split(".").map(Number), 16);
  return bytes;
}

/** All that is counted but for time spent. */
function countsOf({ node }: Host) {
  const { rules, uptime: _, ...figures } = node.metrics();
  return { ...figures, rules: rules.map(({ seconds: __, ...rule }) => rule) };
}
