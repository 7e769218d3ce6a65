import { expect, test } from "vitest";
import type { MetricsSnapshot, PeerMetrics } from "../../../runtime/observe/metrics-snapshot.ts";
import { diagnoseNode } from "../../../src/cli/client/diagnose-node.ts";
import { metricsScreen } from "../../../src/cli/client/metrics-screen.ts";
import { AskedNode } from "../../control/asked-node.ts";

const healthy: MetricsSnapshot = {
  node: "10.0.0.1:10000",
  uptime: 90,
  steps: { steps: 10, rounds: 20, stopped: 0, conflicts: 0, evicted: 0, expired: 0, failedAggregates: 0 },
  refused: [],
  collisions: [],
  memory: { used: 4_000_000, limit: 3_221_225_472 },
  ways: { local: 3, ip: 2, overlay: 1 },
  elements: [{ element: "NetworkOut", label: "", in: 1, out: 1, dropped: {} }],
  rules: [{ rule: "r1", file: "a/p.mzl", line: 3, firings: 4, derived: 2, failed: 0, limited: 0, seconds: 0.001 }],
  peers: [],
  tables: [{ table: "ron.member", rows: 2, limit: null, lifetime: null }],
  queues: [{ queue: "steps", length: 0, limit: 100, unit: "inputs", dropped: 0 }],
  network: { sent: 1, sentBytes: 1_234, received: 0, receivedBytes: 0, failed: {} },
  paths: { asked: 0, answered: 0, answers: 0, stray: 0, changes: 0 },
  tun: null,
  devices: [],
  unknownDevices: {},
  flowCache: null,
  streams: null,
  udp: null,
  links: null,
  eventLoop: null,
};

function device(
  name: string,
  more: Partial<MetricsSnapshot["devices"][number]> = {},
): MetricsSnapshot["devices"][number] {
  const counts = { read: 0, readBytes: 0, written: 0, writtenBytes: 0 };
  return { kind: "tun", name, mtu: 1250, ...counts, refused: {}, unrouted: {}, ...more };
}

interface PeerState {
  readonly refusal?: string;
  readonly isListed?: boolean;
  /** True if no probe is unanswered. */
  readonly unasked?: boolean;
}

function peer(
  address: string,
  sent: number,
  silence: number | null,
  { refusal, isListed, unasked = false }: PeerState = {},
): PeerMetrics {
  const nothing = { sentBytes: 0, sentTuples: 0, received: 0, receivedBytes: 0, receivedTuples: 0 };
  // A peer that was silent for long has not answered the probes that it was sent meanwhile.
  const awaited = silence === null || silence > 3 ? (unasked ? null : (silence ?? 60)) : null;
  return {
    ...nothing,
    address,
    sent,
    silence,
    awaited,
    payload: 1452,
    refusal: refusal ?? null,
    isListed: isListed ?? null,
  };
}

test.for<{ readonly cause: string; readonly metrics: Partial<MetricsSnapshot>; readonly says: readonly string[] }>([
  { cause: "nothing", metrics: {}, says: [] },
  {
    cause: "a missing member",
    metrics: { tables: [{ table: "ron.member", rows: 0, limit: null, lifetime: null }] },
    says: ["ron.member is empty: this node has no peer (--peer)"],
  },
  {
    cause: "a wrong address or a link that was never up",
    metrics: { peers: [peer("10.0.0.2:10000", 9, null)] },
    says: [
      "10.0.0.2:10000 has never answered (9 datagrams sent): the link is down, the address is wrong, or no node runs there",
    ],
  },
  {
    cause: "a node that was started without --addr",
    metrics: { node: "0.0.0.0:10000" },
    says: [
      "the address of this node is 0.0.0.0:10000, to which no peer can send: give the address that others see with --addr HOST:PORT",
    ],
  },
  {
    cause: "a peer that was started without --addr",
    metrics: { peers: [peer("[::]:10000", 9, null), peer("10.0.0.2:10000", 0, 1)] },
    says: ["[::]:10000 has never answered (9 datagrams sent): a node that was started without --addr has this address"],
  },
  {
    cause: "nothing: an idle tunnel, whose peer has nothing to answer",
    metrics: { peers: [peer("10.0.0.2:10000", 9, 120, { unasked: true })] },
    says: [],
  },
  {
    cause: "nothing: a landmark that hands calls on and answers probes",
    metrics: { peers: [peer("10.0.0.2:10000", 900, 4, { unasked: true })] },
    says: [],
  },
  {
    cause: "a link that went down",
    metrics: { peers: [peer("10.0.0.2:10000", 9, 12.3)] },
    says: ["10.0.0.2:10000 has been silent for 12 s"],
  },
  {
    cause: "a wrong address, where the right one is no member and only answered",
    metrics: {
      peers: [
        peer("10.0.0.9:1", 9, null, { isListed: true }),
        peer("10.0.0.2:1", 9, 1, { isListed: false }),
        peer("10.0.0.3:1", 9, 1, { isListed: true }),
      ],
    },
    says: [
      "10.0.0.9:1 has never answered (9 datagrams sent): " +
        "perhaps the address is wrong: this node receives from 10.0.0.2:1, which is not a member (--peer)",
    ],
  },
  {
    cause: "a wrong address, with several candidates for the right one",
    metrics: { peers: [peer("10.0.0.9:1", 9, null), peer("10.0.0.2:1", 0, 1), peer("10.0.0.3:1", 0, 1)] },
    says: [
      "10.0.0.9:1 has never answered (9 datagrams sent): " +
        "perhaps the address is wrong: this node receives from 10.0.0.2:1, 10.0.0.3:1 and never sends there",
    ],
  },
  {
    cause: "a name without an address",
    metrics: {
      network: { ...healthy.network, failed: { unresolved: 3 } },
      peers: [peer("hots:1", 3, null, { refusal: "unresolved" })],
    },
    says: [
      "3 datagrams could not be sent: unresolved (the name has no address)",
      "nothing can be sent to hots:1: unresolved (the name has no address)",
    ],
  },
  {
    cause: "a full queue",
    metrics: { queues: [{ queue: "steps", length: 100, limit: 100, unit: "inputs", dropped: 7 }] },
    says: ["the queue of steps was full: 7 inputs dropped, 100 of 100 wait now"],
  },
  {
    cause: "different programs",
    metrics: { elements: [{ element: "NetworkIn", label: "", in: 5, out: 0, dropped: { "unknown predicate": 5 } }] },
    says: [
      "NetworkIn dropped 5: unknown predicate (no loaded program has this predicate: do both nodes run the same programs?)",
    ],
  },
  {
    cause: "an expression without a value",
    metrics: { rules: [{ ...(healthy.rules[0] as MetricsSnapshot["rules"][number]), failed: 2 }] },
    says: ["rule r1 (a/p.mzl:3): 2 derivations failed: an expression had no value"],
  },
  {
    cause: "a device that is down",
    metrics: {
      devices: [device("mosaic0", { problem: "the device mosaic0 is down or has lost its address 100.64.0.1/24" })],
    },
    says: ["the device mosaic0 is down or has lost its address 100.64.0.1/24"],
  },
  {
    cause: "packets without a route",
    metrics: {
      devices: [device("mosaic0", { unrouted: { "100.64.0.2": 7 } })],
    },
    says: ["7 packets for 100.64.0.2 were not sent: no rule has a route to it (is a member or --peer missing?)"],
  },
  {
    cause: "packets of one of two devices without a route, and two devices that are down",
    metrics: {
      devices: [
        device("a", { unrouted: { "100.64.0.2": 1 }, problem: "the device a is gone (EBADFD)" }),
        device("b", { problem: "the device b is gone (EBADFD)" }),
      ],
    },
    says: [
      "the device a is gone (EBADFD)",
      "the device b is gone (EBADFD)",
      "1 packet of a for 100.64.0.2 was not sent: no rule has a route to it (is a member or --peer missing?)",
    ],
  },
  {
    cause: "packets for a device that the node does not have",
    metrics: {
      devices: [device("a"), device("b")],
      unknownDevices: { c: 2 },
      elements: [{ element: "TunTx", label: "", in: 2, out: 0, dropped: { "tun: unknown device": 2 } }],
    },
    says: ["2 packets for the device c were dropped: this node has only a, b"],
  },
  {
    cause: "a wrong address, where the right one sends to this node",
    metrics: { peers: [peer("10.0.0.9:10000", 5, null), peer("10.0.0.2:10000", 0, 1)] },
    says: [
      "10.0.0.9:10000 has never answered (5 datagrams sent): " +
        "perhaps the address is wrong: this node receives from 10.0.0.2:10000 and never sends there",
    ],
  },
])("a diagnosis names $cause", ({ metrics, says }) => {
  expect(diagnoseNode({ ...healthy, ...metrics }).map(({ text }) => text)).toEqual(says);
});

test("a problem names its subject", () => {
  const text = "10.0.0.2:10000 has been silent for 12 s";
  expect(diagnoseNode({ ...healthy, peers: [peer("10.0.0.2:10000", 9, 12.3)] })).toEqual([
    { subject: { kind: "peer", name: "10.0.0.2:10000" }, text },
  ]);
});

test("the screen of mosaic top", () => {
  const control = { clients: 2, requests: 9, refused: { malformed: 1 } };
  const before: MetricsSnapshot = { ...healthy, uptime: 80, steps: { ...healthy.steps, steps: 5 } };
  expect(metricsScreen({ ...healthy, peers: [peer("10.0.0.2:10000", 9, 1)], control }, before).join("\n")).toBe(`\
10.0.0.1:10000   up 1 min 30 s   10 steps, 0.5/s
network: 1 datagram sent (1.2 kB), 0 received (0 B)
sent by rules: 3 tuples to this node, 2 to others, 1 into overlays
memory: 4.0 MB of rows and queues, limit 3.2 GB
control: 2 clients so far, 9 requests, 1 refused (malformed)

PROBLEMS
  none that the metrics show

PEERS
  address         last received  sent  bytes  received  bytes
  10.0.0.2:10000  1.0 s ago         9  0 B           0  0 B

QUEUES
  queue  waiting  limit  unit    dropped
  steps        0    100  inputs        0

TABLES
  table       rows  limit  lifetime
  ron.member     2  -      -

RULES
  rule  line     firings  now  derived  time    failed
  r1    p.mzl:3        4    0        2  1.0 ms       0

ELEMENTS
  element     in  out  dropped
  NetworkOut   1    1  -`);
});

test("each section of the screen shows the most important rows, and the number of the others", () => {
  const peers = Array.from({ length: 1024 }, (_, at) => ({
    ...peer(`10.0.${at >> 8}.${at & 255}:1`, 1, 1),
    sentBytes: at,
  }));
  const silent = Array.from({ length: 100 }, (_, at) => peer(`10.9.0.${at}:1`, 9, null));
  const tables = Array.from({ length: 300 }, (_, at) => ({ table: `t${at}`, rows: at, limit: null, lifetime: null }));
  const rule = healthy.rules[0] as MetricsSnapshot["rules"][number];
  const rules = Array.from({ length: 300 }, (_, at) => ({ ...rule, rule: `r${at}`, failed: 1, seconds: at }));
  const elements = Array.from({ length: 40 }, (_, at) => ({
    ...(healthy.elements[0] as MetricsSnapshot["elements"][number]),
    label: `o${at}`,
    dropped: at === 39 ? { "hop limit": 1 } : {},
  }));
  const screen = metricsScreen({ ...healthy, peers: [...peers, ...silent], tables, rules, elements }, undefined);
  const section = (title: string): readonly string[] => {
    const lines = screen.slice(screen.indexOf(title) + 1);
    return lines.slice(0, lines.includes("") ? lines.indexOf("") : undefined).map((line) => line.trim());
  };
  expect(section("PROBLEMS")).toHaveLength(8 + 1 + 8 + 1 + 1);
  expect(section("PROBLEMS")).toContain("and 92 more (--json prints all)");
  expect(section("PROBLEMS")).toContainEqual(expect.stringContaining("dropped 1: hop limit"));
  expect(section("PEERS")).toHaveLength(1 + 20 + 1);
  expect(section("PEERS")[1]).toMatch(/^10\.9\.0\.0:1 /);
  expect(section("TABLES").slice(0, 2)).toEqual([expect.stringMatching(/^table/), expect.stringMatching(/^t299 /)]);
  expect(section("RULES")[1]).toMatch(/^r299 /);
  expect(section("ELEMENTS")[1]).toMatch(/^NetworkOut\(o39\)/);
  for (const title of ["TABLES", "RULES"]) expect(section(title).at(-1)).toBe("and 280 more (--json prints all)");
});

test("on a narrow terminal the screen wraps problems, cuts tables, and shows how many lines do not fit", () => {
  const peers = [peer("n".repeat(200), 9, null), peer("10.0.0.2:10000", 9, 1)];
  const screen = metricsScreen({ ...healthy, peers }, undefined, { columns: 40, rows: 24 });
  expect(screen.every((line) => line.length <= 40)).toBe(true);
  expect(screen).toHaveLength(24);
  expect(screen.at(-1)).toBe("… 18 more lines (--once prints all)");
  expect(screen.join(" ").replace(/\s+/g, " ")).toContain("the link is down, the address is wrong");
});

test("a long name does not push the figures of other rows away", () => {
  const screen = metricsScreen({ ...healthy, peers: [peer("n".repeat(60_000), 9, 1), peer("b:1", 9, 1)] }, undefined);
  const rows = screen.filter((line) => / s ago /.test(line));
  expect(rows.map((line) => line.indexOf("1.0 s ago"))).toEqual([
    rows[0]?.indexOf("1.0 s ago"),
    rows[0]?.indexOf("1.0 s ago"),
  ]);
  expect(rows[0]?.length).toBeLessThan(150);
});

test("a node sends its metrics", () => {
  const asked = new AskedNode("e: out(X) :- in(X).");
  asked.node.insert("in", [1]);
  asked.session.line("{");
  asked.replies();
  const [part, end] = asked.request({ do: "metrics" });
  expect(part).toMatchObject({ id: 1, metrics: { node: "here:1", rules: [{ rule: "e", firings: 1 }] } });
  expect(part).toMatchObject({ control: { clients: 1, requests: 2, refused: { malformed: 1 } } });
  expect(end).toEqual({ id: 1, ok: true });
});
