import { Address } from "../../runtime/plan/values/address.ts";
import type { Fact } from "../../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

/** Addresses of the nodes under test. */
export const ADDRESSES: readonly string[] = ["10.0.0.1:10000", "10.0.0.2:10000", "10.0.0.3:10000"];
/** Addresses of the hosts in the overlay of the TUN devices. */
export const VIRTUAL: readonly string[] = ["100.64.0.1", "100.64.0.2", "100.64.0.3"];

/** Secrets of each node. */
export const SECRETS: ReadonlyMap<string, Uint8Array> = new Map([["esp", new Uint8Array(32)]]);

/** A shipped program as three nodes run it. */
export interface FuzzedProgram {
  /** Files in programs/. */
  readonly files: readonly string[];
  /** Rules that use the program, if it has none of its own. */
  readonly rules?: string;
  readonly defines?: Readonly<Record<string, string>>;
  /** Facts of the node with this address. */
  readonly facts?: (address: string) => readonly Fact[];
  readonly hasTun?: boolean;
}

function others(address: string): readonly string[] {
  return ADDRESSES.filter((other) => other !== address);
}

/** Facts of a full mesh in which each node knows its links. */
function mesh(predicate: string, ...more: readonly number[]): (address: string) => readonly Fact[] {
  return (address) => others(address).map((other) => ({ predicate, args: [address, other, ...more] }));
}

/** Facts of a node about the association from `one` to `other`. */
function associationsOf(
  address: string,
  { one, other, spi }: { readonly one: string; readonly other: string; readonly spi: number },
): readonly Fact[] {
  const [key, salt] = [new Uint8Array(16).fill(spi), new Uint8Array(4)];
  const to = other.replace(":10000", ":4500");
  return [
    ...(address === one ? [{ predicate: "esp.outbound", args: [other, spi, key, salt, to] }] : []),
    ...(address === other ? [{ predicate: "esp.inbound", args: [spi, key, salt] }] : []),
  ];
}

function ronMembers(): readonly Fact[] {
  return [
    ...ADDRESSES.map((address) => ({ predicate: "ron.member", args: [address] })),
    ...ADDRESSES.map((address, at) => ({
      predicate: "addressMap",
      args: [VIRTUAL[at] as string, new Address("ron", address)],
    })),
  ];
}

const PINGS = `
materialize(peer, infinity, infinity, keys(1)).
materialize(rtt, infinity, infinity, keys(1)).
q1: ask(To) :- periodic(_, 1), peer(To).
q2: rtt(To, RTT) :- ask(To), localAddr(Me), ping(Me, To, &RTT).
`;
/** Two users measure the same peers. */
const SHARED_PROBES = `
materialize(peer, infinity, infinity, keys(1)).
q1: ask(To, User) :- periodic(_, 1), peer(To), User <- ["one", "two"].
q2: measure.prober(Me, To, 1, User) :- peer(To), localAddr(Me), User <- ["one", "two"].
q3: measure.result(Me, To, RTT, Now) :- ask(To, User), localAddr(Me), measure.prober(Me, To, _, User), ping(Me, To, &T) outcome(Why),
      RTT := Why == null ? T : infinity, Now := f_now().
`;
const LATEST_TIMES = `
materialize(peer, infinity, infinity, keys(1)).
materialize(rtt, infinity, infinity, keys(1)).
q1: ask(To) :- periodic(_, 1), peer(To).
q2: rtt(To, RTT) :- ask(To), localAddr(Me), measure.rtt(Me, To, &RTT).
`;
const MEASURES = `
q1: ask(To) :- periodic(_, 1), ron.member(To).
q2: latency(To, L) :- ask(To), localAddr(Me), ron.latency(To, Me, &L).
q3: lossRate(To, L) :- ask(To), localAddr(Me), ron.lossRate(To, Me, &L).
q4: bandwidth(To, B) :- ask(To), localAddr(Me), ron.bandwidth(To, Me, &B).
`;
const ROUTES = `
materialize(peer, infinity, infinity, keys(1)).
accept hello(string).
q1: hello@sr::[Via, To](Me) :- periodic(_, 1), peer(Via), peer(To), localAddr(Me).
q2: heard(From) :- hello(From).
`;

const STRANGE = `
materialize(shown, infinity, 100, keys(1)).
accept hello(string).
q1: hello@elsewhere::Peer(Me) :- periodic(_, 1), peer(Peer), localAddr(Me).
q2: shown(From) :- hello(From).
`;
/** The process of the overlay is a socket of the same node, which returns each packet. */
const RETURNED = `
materialize(process, infinity, 1, keys()).
materialize(shown, infinity, 100, keys(1)).
q1: process(S) :- periodic(_, 0, 1), udp.open("127.0.0.1:7000", &S).
q2: udp.send(S, From, f_slice(B, 1 + f_u8(B, 0))) :- udp.recv(S, From, B), process(S).
q3: hello@legacy::"me"(Me) :- periodic(_, 1), localAddr(Me).
q4: shown(From) :- hello(From).
`;
const SEALED = `
materialize(shown, infinity, 100, keys(1)).
accept hello(string).
q1: hello@esp::Peer(Me) :- periodic(_, 1), esp.member(Peer), localAddr(Me).
q2: shown(From) :- hello(From).
`;
const ANSWERED = `
materialize(peer, infinity, infinity, keys(1)).
materialize(shown, infinity, 100, keys(1)).
q1: question@Peer(Back) :- periodic(_, 1), peer(Peer), localAddr(Me), flow.take(Peer, Me, Peer, &Back).
q2: answer@Back(Me) :- question(Back), localAddr(Me).
q3: shown(From) :- answer(From).
`;

/** Each second a node looks up a random key, in both ways. */
const LOOKUPS = `
materialize(shown, infinity, 100, keys(1)).
l1: shown(Id) :- periodic(_, 1), Key := f_randID(), chord.lookup(Key, &Id, &_).
l2: shown(Id) :- periodic(_, 1), Key := f_randID(), chord.find(Key, &Id, &_).
`;

/** Each node receives packets for the hash of its address, and all receive packets for the hash of "all". */
const TRIGGERS = `
materialize(shown, infinity, 100, keys(1)).
accept hello(string).
t1: i3.trigger(f_sha1(Me), []) :- localAddr(Me).
t2: i3.trigger(f_sha1("all"), []) :- localAddr(_).
t3: hello@i3::(f_sha1(Peer))(Me) :- periodic(_, 1), chord.member(Peer), localAddr(Me).
t4: hello@i3::(f_sha1("all"))(Me) :- periodic(_, 1), localAddr(Me).
t5: shown(From) :- hello(From).
`;

const CLASSIC_LOOKUPS = `
materialize(shown, infinity, 100, keys(1)).
l1: shown(Id) :- periodic(_, 1), Key := f_randID(), chord.lookup(Key, &Id, &_).
`;

/** Each second a node stores a value and reads another one. */
const PUTS = `
materialize(shown, infinity, 100, keys(1)).
p: stored(Key) :- periodic(_, 1), Key := f_rand(20), dht.put(Key, "value").
g: shown(Value) :- periodic(_, 1), Key := f_rand(20), dht.get(Key, &Value).
`;

/** Each node has its trigger again and again, and sends to all others. */
const EXCHANGES = `
materialize(shown, infinity, 100, keys(1)).
accept hello(string).
t1: i3.trigger(f_sha1(Me), []) :- i3.refresh(_), localAddr(Me).
t2: i3private.peer(f_sha1(Peer)) :- chord.member(Peer).
t3: hello@i3::(f_sha1(Peer))(Me) :- periodic(_, 1), chord.member(Peer), localAddr(Me).
t4: shown(From) :- hello(From).
`;

/** Every program in programs/, by its name. RON runs below the tunnel, as its page says. */
export const PROGRAMS: Readonly<Record<string, FuzzedProgram>> = {
  "chord.mzl": {
    files: ["chord.mzl"],
    rules: LOOKUPS,
    defines: { SUCCESSORS: "2" },
    facts: () => [{ predicate: "chord.boot", args: [ADDRESSES] }],
  },
  "i3.mzl": {
    files: ["i3.mzl"],
    rules: TRIGGERS,
    defines: { SUCCESSORS: "2" },
    facts: () => [{ predicate: "chord.boot", args: [ADDRESSES] }],
  },
  "chord-classic.mzl": {
    files: ["chord-classic.mzl"],
    rules: CLASSIC_LOOKUPS,
    facts: () => [{ predicate: "chord.landmark", args: [ADDRESSES[0] as string] }],
  },
  "dht.mzl": {
    files: ["dht.mzl"],
    rules: PUTS,
    defines: { SUCCESSORS: "2" },
    facts: () => [{ predicate: "chord.boot", args: [ADDRESSES] }],
  },
  "i3-private.mzl": {
    files: ["i3-private.mzl"],
    rules: EXCHANGES,
    defines: { SUCCESSORS: "2", SAMPLE_INTERVAL: "2s", DIRECT: "true" },
    facts: () => [{ predicate: "chord.boot", args: [ADDRESSES] }],
  },
  "dv.mzl": { files: ["dv.mzl"], facts: mesh("link", 3) },
  "ls.mzl": { files: ["ls.mzl"], facts: mesh("link", 3) },
  "pv.mzl": { files: ["pv.mzl"], facts: mesh("link", 3) },
  "ping.mzl": {
    files: ["ping.mzl"],
    rules: PINGS,
    facts: (address) => others(address).map((other) => ({ predicate: "peer", args: [other] })),
  },
  "measure.mzl": {
    files: ["measure.mzl", "ping.mzl"],
    rules: SHARED_PROBES,
    facts: (address) => others(address).map((other) => ({ predicate: "peer", args: [other] })),
  },
  "measure-rtt.mzl": {
    files: ["measure-rtt.mzl"],
    rules: LATEST_TIMES,
    facts: (address) => others(address).map((other) => ({ predicate: "peer", args: [other] })),
  },
  "relay.mzl": { files: ["relay.mzl"], defines: { FROM: '"10.0.0.1:8080"', TO: '"10.0.0.2:80"' } },
  "ron.mzl": { files: ["ron.mzl", "tunnel.mzl"], facts: ronMembers, hasTun: true },
  "ron-views.mzl": {
    files: ["ron-views.mzl"],
    rules: MEASURES,
    facts: () => ADDRESSES.map((address) => ({ predicate: "ron.member", args: [address] })),
  },
  "sr.mzl": {
    files: ["sr.mzl"],
    rules: ROUTES,
    facts: (address) => others(address).map((other) => ({ predicate: "peer", args: [other] })),
  },
  "anycast.mzl": {
    files: ["anycast.mzl", "ron.mzl"],
    rules: STRANGE,
    facts: (address) => [
      ...others(address).map((other) => ({ predicate: "peer", args: [other] })),
      ...ADDRESSES.map((other) => ({ predicate: "ron.member", args: [other] })),
      { predicate: "serves", args: ["ron"] },
      { predicate: "serves", args: ["elsewhere"] },
    ],
  },
  "flow.mzl": {
    files: ["flow.mzl"],
    rules: ANSWERED,
    facts: (address) => [
      ...others(address).map((other) => ({ predicate: "peer", args: [other] })),
      { predicate: "flow.serves", args: ["ip"] },
      { predicate: "flow.serves", args: ["flow"] },
    ],
  },
  "esp.mzl": {
    files: ["esp.mzl"],
    rules: SEALED,
    facts: (address) => [
      ...others(address).map((other) => ({ predicate: "esp.member", args: [other] })),
      ...ADDRESSES.map((one, at) => ({ predicate: "esp.tunnel", args: [VIRTUAL[at] as string, one] })),
      ...ADDRESSES.flatMap((one, from) =>
        ADDRESSES.flatMap((other, to) => associationsOf(address, { one, other, spi: 1000 + 3 * from + to })),
      ),
    ],
    hasTun: true,
  },
  "esp-keys.mzl": {
    files: ["esp-keys.mzl", "tunnel.mzl"],
    rules: SEALED,
    facts: (address) => [
      ...others(address).map((other) => ({ predicate: "esp.member", args: [other] })),
      ...ADDRESSES.map((one, at) => ({
        predicate: "addressMap",
        args: [VIRTUAL[at] as string, new Address("esp", one)],
      })),
    ],
    hasTun: true,
  },
  "legacy.mzl": { files: ["legacy.mzl"], rules: RETURNED },
  "tunnel.mzl": {
    files: ["tunnel.mzl"],
    facts: () => ADDRESSES.map((address, at) => ({ predicate: "addressMap", args: [VIRTUAL[at] as string, address] })),
    hasTun: true,
  },
  "overlog/chord.olg": { files: ["overlog/chord.olg"], defines: { LANDMARK: `"${ADDRESSES[0]}"` } },
  "overlog/gossip.olg": {
    files: ["overlog/gossip.olg"],
    facts: (address) => [...mesh("member")(address), { predicate: "say", args: [address, address, "here"] }],
  },
  "overlog/mesh.olg": { files: ["overlog/mesh.olg"], defines: { BOOTSTRAP: `"${ADDRESSES[0]}"` } },
  "overlog/path-vector.olg": { files: ["overlog/path-vector.olg"], facts: mesh("link", 3) },
  "overlog/spanning-tree.olg": { files: ["overlog/spanning-tree.olg"], facts: mesh("link") },
};

export function compileFuzzed({ files, rules = "", defines = {} }: FuzzedProgram): Program {
  const library = new FileLibrary();
  library.addText("rules.mzl", rules);
  const paths = files.map((file) => new URL(`../../programs/${file}`, import.meta.url).pathname);
  const options = { defines: new Map(Object.entries(defines)), dialect: undefined };
  const { plan, diagnostics } = compile([...paths, ...(rules === "" ? [] : ["rules.mzl"])], library, options);
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return loadProgram(plan);
}
