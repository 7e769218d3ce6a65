import type { Fact } from "../../runtime/node/peer-facts.ts";
import type { Values } from "../../runtime/plan/values/value.ts";

/** Use of a shipped program by three nodes. */
export interface ShippedUse {
  readonly defines?: Readonly<Record<string, string>>;
  /** Facts of a node besides its peers. */
  readonly facts?: (address: string, others: readonly string[]) => readonly Fact[];
  /** Rules that make the program act, and other programs that it needs. */
  readonly rules?: string;
}

const [A, B, C] = ["10.0.0.1:10000", "10.0.0.2:10000", "10.0.0.3:10000"] as const;
const first = `"${A}"`;
const LANDMARK = { LANDMARK: first };
const KEY = new Uint8Array(16).fill(7);
const SALT = Uint8Array.of(1, 2, 3, 4);

/** The three nodes are joined by links of different costs. */
const LINKS: ShippedUse = {
  facts: (here, others) => others.map((other, at) => fact("link", here, other, at + 1)),
};

/** Uses of the programs that need more than peers, by the name of the file. */
export const USES: Readonly<Record<string, ShippedUse>> = {
  "anycast.mzl": {
    facts: (_, others) => [fact("serves", "sr"), ...others.map((other) => fact("peer", other))],
    rules: 'import "sr.mzl".',
  },
  "chord-classic.mzl": { facts: () => [fact("chord.landmark", A)] },
  "dht.mzl": {
    defines: { SUCCESSORS: "2" },
    facts: () => [fact("chord.boot", [A, B, C])],
    rules: `
p: stored(N) :- periodic(E, 5), N := E % 1000000, dht.put(N, "value").
materialize(got, infinity, infinity, keys(1)).
g: got(N, Value) :- periodic(E, 5, 0, 8), N := E % 1000000, dht.get(N, &Value).
`,
  },
  "chord.mzl": { defines: { SUCCESSORS: "2" }, facts: () => [fact("chord.boot", [A, B, C])] },
  "i3.mzl": {
    defines: { SUCCESSORS: "2" },
    facts: () => [fact("chord.boot", [A, B, C])],
    rules: `mine: i3.trigger(f_sha1(Me), []) :- localAddr(Me).
      use: note@i3::(f_sha1("${B}"))(E) :- periodic(E, 1), localAddr("${A}"). heard(E) :- note(E).`,
  },
  "i3-private.mzl": {
    defines: { SUCCESSORS: "2", SAMPLE_INTERVAL: "2s" },
    facts: () => [fact("chord.boot", [A, B, C])],
    rules: `mine: i3.trigger(f_sha1(Me), []) :- i3.refresh(_), localAddr(Me).
      peers: i3private.peer(f_sha1("${B}")) :- localAddr("${A}").
      use: note@i3::(f_sha1("${B}"))(E) :- periodic(E, 1), localAddr("${A}"). heard(E) :- note(E).`,
  },
  "dv.mzl": LINKS,
  "esp.mzl": {
    facts: (here, others) => [
      fact("esp.inbound", 5000 + lastOf(here), KEY, SALT),
      ...others.map((to) => fact("esp.outbound", to, 5000 + lastOf(to), KEY, SALT, to.replace("10000", "4500"))),
    ],
    rules: `use: note@esp::"${B}"(E) :- periodic(E, 1), localAddr("${A}"). heard(E) :- note(E).`,
  },
  "flow.mzl": {
    facts: () => [fact("flow.serves", "ip")],
    rules: `use: tell@"${C}"(To) :- periodic(_, 1, 5), localAddr(Me), Me == "${A}", flow.take("${B}", Me, "${B}", &To).
      answer: note@To("hello") :- tell(To). heard(Text) :- note(Text).`,
  },
  "legacy.mzl": {
    defines: { NODE: '"0.0.0.0:7001"', PROCESS: '"10.0.0.2:7001"' },
    rules: 'use: note@legacy::"b"(E) :- periodic(E, 1). heard(E) :- note(E).',
  },
  "ls.mzl": LINKS,
  "ping.mzl": { rules: `use: measured(T) :- periodic(_, 1), localAddr(Me), ping(Me, "${B}", &T).` },
  "pv.mzl": LINKS,
  "relay.mzl": {
    defines: { FROM: '"0.0.0.0:8080"', TO: '"10.0.0.3:80"' },
    rules: `serve: listens(L) :- periodic(_, 0, 1), localAddr("${C}"), tcp.listen("10.0.0.3:80", &L).
      taken: taken(S) :- listens(L), tcp.accept(L, &S, &_).
      answer: answered(N) :- taken(S), tcp.read(S, 0, &Bytes), tcp.write(S, Bytes, &N).
      use: connected(S) :- periodic(_, 1, 1), localAddr("${A}"), tcp.connect("10.0.0.2:8080", &S).
      ask: asked(S) :- connected(S), tcp.write(S, "hello", &_).
      got: got(Bytes) :- asked(S), tcp.read(S, 0, &Bytes).`,
  },
  "sr.mzl": { rules: `use: note@sr::["${B}", "${C}"](E) :- periodic(E, 1), localAddr("${A}"). heard(E) :- note(E).` },
  "chord.olg": { defines: LANDMARK },
  "mesh.olg": { defines: { BOOTSTRAP: first } },
  "gossip.olg": {
    facts: (here, others) => [...others.map((other) => fact("member", here, other)), fact("say", here, "colour", here)],
  },
  "spanning-tree.olg": { facts: (here, others) => others.map((other) => fact("link", here, other)) },
  "path-vector.olg": LINKS,
};

function fact(predicate: string, ...args: Values): Fact {
  return { predicate, args };
}

/** Last byte of an IPv4 address with a port. */
function lastOf(address: string): number {
  return Number(/(\d+):/.exec(address)?.[1]);
}
