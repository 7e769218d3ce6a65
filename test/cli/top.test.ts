import { expect, test } from "vitest";
import type { MetricsSnapshot, PeerMetrics } from "../../runtime/observe/metrics-snapshot.ts";
import { metricsScreen } from "../../src/cli/client/metrics-screen.ts";
import { diagnoseNode } from "../../src/cli/client/diagnose-node.ts";
import { AskedNode } from "../control/asked-node.ts";

const calm: MetricsSnapshot = {
  node: "10.0.0.1:10000",
  uptime: 90,
  steps: { steps: 10, rounds: 20, stopped: 0, conflicts: 0, evicted: 0, expired: 0, failedAggregates: 0 },
  ways: { local: 3, ip: 2, overlay: 1 },
  elements: [{ element: "NetworkOut", label: "", in: 1, out: 1, dropped: {} }],
  rules: [{ rule: "r1", file: "a/p.mzl", line: 3, firings: 4, derived: 2, failed: 0, seconds: 0.001 }],
  peers: [],
  tables: [{ table: "ron.member", rows: 2, limit: null, lifetime: null }],
  queues: [{ queue: "steps", length: 0, limit: 100, unit: "causes", dropped: 0 }],
  network: { sent: 1, sentBytes: 1_234, received: 0, receivedBytes: 0, failed: {} },
  paths: { asked: 0, answered: 0, answers: 0, stray: 0, changes: 0 },
  tun: null,
  flowCache: null,
  streams: null,
  eventLoop: null,
};

interface Heard {
  readonly refusal?: string;
  readonly isTold?: boolean;
}

function peer(address: string, sent: number, silence: number | null, { refusal, isTold }: Heard = {}): PeerMetrics {
  const nothing = { sentBytes: 0, sentTuples: 0, received: 0, receivedBytes: 0, receivedTuples: 0 };
  return { ...nothing, address, sent, silence, payload: 1452, refusal: refusal ?? null, isTold: isTold ?? null };
}

test.for<{ readonly cause: string; readonly figures: Partial<MetricsSnapshot>; readonly says: readonly string[] }>([
  { cause: "nothing", figures: {}, says: [] },
  {
    cause: "a missing member",
    figures: { tables: [{ table: "ron.member", rows: 0, limit: null, lifetime: null }] },
    says: ["ron.member is empty: this node has been told of no peer (--peer)"],
  },
  {
    cause: "a wrong address or a link that was never alive",
    figures: { peers: [peer("10.0.0.2:10000", 9, null)] },
    says: ["10.0.0.2:10000 has never answered (9 datagrams sent): a dead link, a wrong address, or no node there"],
  },
  {
    cause: "a node that was not told its address",
    figures: { node: "0.0.0.0:10000" },
    says: [
      "this node calls itself 0.0.0.0:10000, where nobody can answer it: say with --addr HOST:PORT what others see",
    ],
  },
  {
    cause: "a peer that was not told its address",
    figures: { peers: [peer("[::]:10000", 9, null), peer("10.0.0.2:10000", 0, 1)] },
    says: [
      "[::]:10000 has never answered (9 datagrams sent): so does a node call itself that was not told its address (--addr)",
    ],
  },
  {
    cause: "a link that died",
    figures: { peers: [peer("10.0.0.2:10000", 9, 12.3)] },
    says: ["10.0.0.2:10000 has been silent for 12 s"],
  },
  {
    cause: "a wrong address whose right one, not told of, is only answered",
    figures: {
      peers: [
        peer("10.0.0.9:1", 9, null, { isTold: true }),
        peer("10.0.0.2:1", 9, 1, { isTold: false }),
        peer("10.0.0.3:1", 9, 1, { isTold: true }),
      ],
    },
    says: [
      "10.0.0.9:1 has never answered (9 datagrams sent): " +
        "perhaps a wrong address, for 10.0.0.2:1 is heard, and this node was not told of it (--peer)",
    ],
  },
  {
    cause: "a wrong address, with several that may be the right one",
    figures: { peers: [peer("10.0.0.9:1", 9, null), peer("10.0.0.2:1", 0, 1), peer("10.0.0.3:1", 0, 1)] },
    says: [
      "10.0.0.9:1 has never answered (9 datagrams sent): " +
        "perhaps a wrong address, for 10.0.0.2:1, 10.0.0.3:1 are heard and never sent to",
    ],
  },
  {
    cause: "a name without an address",
    figures: {
      network: { ...calm.network, failed: { unresolved: 3 } },
      peers: [peer("hots:1", 3, null, { refusal: "unresolved" })],
    },
    says: [
      "3 datagrams could not be sent: unresolved (the name has no address)",
      "nothing can be sent to hots:1: unresolved (the name has no address)",
    ],
  },
  {
    cause: "a full queue",
    figures: { queues: [{ queue: "steps", length: 100, limit: 100, unit: "causes", dropped: 7 }] },
    says: ["the queue of steps was full: 7 causes dropped, 100 of 100 wait now"],
  },
  {
    cause: "different programs",
    figures: { elements: [{ element: "Admission", label: "", in: 5, out: 0, dropped: { "unknown predicate": 5 } }] },
    says: [
      "Admission dropped 5: unknown predicate (no loaded program here knows what was sent: do both nodes run the same programs?)",
    ],
  },
  {
    cause: "a rule without a value",
    figures: { rules: [{ ...(calm.rules[0] as MetricsSnapshot["rules"][number]), failed: 2 }] },
    says: ["rule r1 (a/p.mzl:3): 2 derivations had no value"],
  },
  {
    cause: "packets that no rule knows a way for",
    figures: {
      tun: {
        name: "mosaic0",
        mtu: 1250,
        read: 9,
        readBytes: 0,
        written: 0,
        writtenBytes: 0,
        refused: {},
        strays: { "100.64.0.2": 7 },
      },
    },
    says: [
      "7 packets for 100.64.0.2 went nowhere: no rule knows a way to it (a member or peer that this node was not told of?)",
    ],
  },
  {
    cause: "a wrong address whose right one is heard",
    figures: { peers: [peer("10.0.0.9:10000", 5, null), peer("10.0.0.2:10000", 0, 1)] },
    says: [
      "10.0.0.9:10000 has never answered (5 datagrams sent): perhaps a wrong address, for 10.0.0.2:10000 is heard and never sent to",
    ],
  },
])("top names $cause", ({ figures, says }) => {
  expect(diagnoseNode({ ...calm, ...figures })).toEqual(says);
});

test("the whole screen", () => {
  const control = { clients: 2, requests: 9, refused: { malformed: 1 } };
  const before: MetricsSnapshot = { ...calm, uptime: 80, steps: { ...calm.steps, steps: 5 } };
  expect(metricsScreen({ ...calm, peers: [peer("10.0.0.2:10000", 9, 1)], control }, before).join("\n")).toBe(`\
10.0.0.1:10000   up 1 min 30 s   10 steps, 0.5/s
network: 1 datagrams sent (1.2 kB), 0 received (0 B)
sent by rules: 3 tuples to this node, 2 to others, 1 into overlays
control: 2 clients so far, 9 requests, 1 refused (malformed)

TROUBLES
  none that the figures show

PEERS
  address         last heard  sent  bytes  received  bytes
  10.0.0.2:10000  1.0 s ago      9  0 B           0  0 B

QUEUES
  queue  waiting  limit  unit    dropped
  steps        0    100  causes        0

TABLES
  table       rows  limit  lifetime
  ron.member     2  -      -

RULES
  rule  line     firings  now  derived  time    no value
  r1    p.mzl:3        4    0        2  1.0 ms         0

ELEMENTS
  element     in  out  dropped
  NetworkOut   1    1  -`);
});

test("a node gives its figures", () => {
  const asked = new AskedNode("e: out(X) :- in(X).");
  asked.node.insert("in", [1]);
  asked.session.line("{");
  asked.replies();
  const [part, end] = asked.request({ do: "figures" });
  expect(part).toMatchObject({ id: 1, figures: { node: "here:1", rules: [{ rule: "e", firings: 1 }] } });
  expect(part).toMatchObject({ control: { clients: 1, requests: 2, refused: { malformed: 1 } } });
  expect(end).toEqual({ id: 1, ok: true });
});
