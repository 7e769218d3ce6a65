/** Congestion marks and DSCP through a tunnel between two kernels. `ecn.test.ts` tests some cases, `ecn.long.test.ts` all. */
import { beforeEach, expect, test } from "vitest";
import type { Namespace } from "../native/namespace.ts";
import { needs } from "../needs.ts";
import { digestOf } from "./pattern.ts";
import { METRICS, readMetrics, sumOf } from "./read-metrics.ts";
import { type Between, type Families, TunnelPair } from "./tunnel-pair.ts";

/** ECN fields by value, as nft names them. */
const NAMES = ["not-ect", "ect1", "ect0", "ce"] as const;
const CE = 3;
/** The result of RFC 6040, section 4.2, by inner and outer field. Undefined: the packet is dropped. */
const TABLE: readonly (readonly (number | undefined)[])[] = [
  [0, 0, 0, undefined],
  [1, 1, 1, 3],
  [2, 1, 2, 3],
  [3, 3, 3, 3],
];
const PINGS = 12;
const READY_MS = 40_000;
const BYTES = 8 << 20;
/** The kernel counts a buffer of up to 64 KiB as one datagram. The transfer has at least 128 of them. */
const BUFFERS_PER_MARK = 16;
const DSCP = 46;
/** Argument of `--dscp`, ECN field of the packets, and whether the datagrams have the DSCP of the packets. */
const DSCP_OPTIONS = [
  [String(DSCP), 1, true],
  ["copy", 0, true],
  ["0", 2, false],
] as const;

/** Cases of the tests of ECN and DSCP. */
interface EcnCases {
  /** Tunnels that combine all pairs of ECN fields, with and without the flow cache. */
  readonly combined: readonly { readonly cache: "with" | "without"; readonly families: Families }[];
  /** Streams through a tunnel, past a router or a relay. */
  readonly streams: readonly { readonly between: Between; readonly families: Families }[];
  readonly dscp: readonly Families[];
}

const FAMILIES: readonly Families[] = [
  { outer: 4, inner: 4 },
  { outer: 6, inner: 6 },
  { outer: 4, inner: 6 },
  { outer: 6, inner: 4 },
];
/** Different versions inside and outside. */
const MIXED: readonly Families[] = FAMILIES.slice(2);

export const ALL_CASES: EcnCases = {
  combined: [
    ...FAMILIES.map((families) => ({ cache: "with" as const, families })),
    ...MIXED.map((families) => ({ cache: "without" as const, families })),
  ],
  streams: [
    ...MIXED.map((families) => ({ between: "router" as const, families })),
    { between: "relay", families: { outer: 4, inner: 4 } },
  ],
  dscp: MIXED,
};

/**
 * Counters of the kernel of a host: packets by ECN field, of datagrams that arrive and of packets that leave the device. A rule may set
 * the ECN field of arriving datagrams before they are counted.
 */
class Marks {
  readonly #host: Namespace;
  readonly #families: Families;

  constructor(host: Namespace, families: Families) {
    this.#host = host;
    this.#families = families;
    const [outer, inner] = [families.outer, families.inner].map((version) => (version === 4 ? "ip" : "ip6"));
    const counted = NAMES.map(
      (name, ecn) => `
        iifname != "moz" udp dport 10000 ${outer} ecn ${name} counter name "outer${ecn}"
        iifname "moz" ${inner} ecn ${name} counter name "inner${ecn}"`,
    );
    const counters = NAMES.map((_, ecn) => `counter outer${ecn} {}\n counter inner${ecn} {}`).join("\n");
    this.#nft(`table inet marks {
      ${counters}
      counter dscp {}
      chain router { type filter hook prerouting priority -10; }
      chain count { type filter hook prerouting priority 0;
        ${counted.join("")}
        udp dport 10000 ${outer} dscp ${DSCP} counter name "dscp"
      }
    }`);
  }

  /** Sets the ECN field of datagrams that arrive from now on, of all or of those to which `only` applies. */
  set(ecn: number, only: string = ""): void {
    const outer = this.#families.outer === 4 ? "ip" : "ip6";
    this.#nft(`flush chain inet marks router
      add rule inet marks router iifname != "moz" udp dport 10000 ${only} ${outer} ecn set ${NAMES[ecn]}`);
  }

  /**
   * Returns the counters that are not 0 since the last call, by name. Datagrams that wait for the processor may cross in one buffer of
   * the kernel, which counts as one, so only packets have exact numbers.
   */
  take(): { readonly packets: Readonly<Record<string, number>>; readonly datagrams: readonly string[] } {
    const { nftables } = JSON.parse(this.#host.run("nft", "-j", "reset", "counters", "table", "inet", "marks")) as {
      readonly nftables: readonly { readonly counter?: { readonly name: string; readonly packets: number } }[];
    };
    const counted = nftables.flatMap(({ counter }) =>
      counter === undefined || counter.packets === 0 ? [] : [counter],
    );
    const [packets = [], datagrams = []] = [true, false].map((isInner) =>
      counted.filter(({ name }) => name.startsWith("inner") === isInner),
    );
    return {
      packets: Object.fromEntries(packets.map(({ name, packets }) => [name, packets])),
      datagrams: datagrams.map(({ name }) => name),
    };
  }

  #nft(commands: string): void {
    this.#host.run("nft", commands);
  }
}

/** Sends pings from a to b, as many as are answered. */
function ping(pair: TunnelPair, trafficClass: number, count: number = PINGS): void {
  const options = ["-c", String(count), "-i", "0.002", "-W", "0.5", "-Q", String(trafficClass)];
  try {
    pair.a.run("ping", "-q", ...options, pair.there);
  } catch {
    // The kernel on b counts the packets that arrive.
  }
}

/** Declares the tests of these cases. */
export function testEcn({ combined, streams, dscp }: EcnCases): void {
  beforeEach(({ skip }) => {
    const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "nft", "curl", "IPv6");
    skip(reason !== undefined, reason);
  });

  test.each(combined)(
    "$cache the flow cache, IPv$families.inner over IPv$families.outer: copies ECN fields, and combines all sixteen pairs",
    { timeout: 120_000 },
    async ({ cache, families }) => {
      expect(await badChecksumsOfAllPairs(cache, families)).toBe(0);
    },
  );

  test.each(streams)(
    "a stream with ECN learns of congestion through a tunnel of IPv$families.inner over IPv$families.outer, past a $between",
    { timeout: 120_000 },
    async ({ between, families }) => {
      expect(await marksThatReachSender(between, families)).toBeGreaterThan(0);
    },
  );

  test.each(dscp)(
    "--dscp sets the DSCP of datagrams of IPv$outer, or copies it from packets of IPv$inner",
    { timeout: 120_000 },
    async (families) => {
      for (const [dscp, ecn, isSet] of DSCP_OPTIONS) {
        await using pair = new TunnelPair(["--dscp", dscp], "link", families);
        await pair.ready(READY_MS);
        const marks = new Marks(pair.b, families);
        ping(pair, (DSCP << 2) | ecn);
        expect(marks.take(), `--dscp ${dscp}`).toEqual({
          packets: { [`inner${ecn}`]: PINGS },
          datagrams: [`outer${ecn}`, ...(isSet ? ["dscp"] : [])],
        });
      }
    },
  );
}

/** Sends packets with all pairs of ECN fields, and compares the fields on arrival. Returns the number of wrong checksums. */
async function badChecksumsOfAllPairs(cache: "with" | "without", families: Families): Promise<number> {
  const options = cache === "with" ? [] : ["--no-flow-cache"];
  await using pair = new TunnelPair([...options, ...METRICS], "link", families);
  await pair.ready(READY_MS);
  const marks = new Marks(pair.b, families);
  for (const inner of NAMES.keys()) {
    ping(pair, inner);
    expect(marks.take()).toEqual({ packets: { [`inner${inner}`]: PINGS }, datagrams: [`outer${inner}`] });
  }
  const before = deliveredBy(pair);
  for (const [inner, row] of TABLE.entries()) {
    for (const [outer, result] of row.entries()) {
      marks.set(outer);
      ping(pair, inner, result === undefined ? 2 : PINGS);
      const arrived = result === undefined ? {} : { [`inner${result}`]: PINGS };
      expect(marks.take(), `${inner} in ${outer}`).toEqual({ packets: arrived, datagrams: [`outer${outer}`] });
    }
  }
  const metrics = readMetrics((...command) => pair.b.run(...command));
  const drops = [...metrics].filter(([name]) => name.startsWith("mosaic_dropped_total") && name.includes("ecn:"));
  expect(drops.map(([, count]) => count)).toEqual([2]);
  // The cache forwards most packets, or none.
  expect(deliveredBy(pair) - before > 40).toBe(cache === "with");
  return pair.badChecksums();
}

/** Marks some datagrams of a stream. Returns the number of marked segments of which the sender learns. */
async function marksThatReachSender(between: Between, families: Families): Promise<number> {
  await using pair = new TunnelPair([], between, families);
  for (const host of [pair.a, pair.b]) host.run("sysctl", "-qw", "net.ipv4.tcp_ecn=1");
  await pair.ready(READY_MS);
  const middle = new Marks(pair.router ?? pair.a, families);
  const end = new Marks(pair.a, families);
  middle.set(CE, `${families.outer === 4 ? "ip" : "ip6"} ecn ect0 numgen inc mod ${BUFFERS_PER_MARK} < 1`);
  await pair.serve("serve", BYTES);
  expect(await pair.ask("fetch")).toBe(digestOf(BYTES));
  const { packets, datagrams } = end.take();
  expect(datagrams).toEqual(expect.arrayContaining(["outer2", "outer3"]));
  expect(Object.keys(packets)).toEqual(expect.arrayContaining(["inner2", "inner3"]));
  expect(pair.badChecksums()).toBe(0);
  return marksReportedTo(pair.b);
}

/** Returns the number of packets that the flow cache of b has delivered. */
function deliveredBy(pair: TunnelPair): number {
  const metrics = readMetrics((...command) => pair.b.run(...command));
  return sumOf(metrics, "mosaic_flow_cache_delivered_total");
}

/** Returns the number of segments that arrived marked, as the TCP of the sender has learned from acknowledgements. */
function marksReportedTo(host: Namespace): number {
  const [names = "", values = ""] = host.run("cat", "/proc/net/netstat").split("\n");
  return Number(values.split(" ")[names.split(" ").indexOf("TCPDeliveredCE")]);
}
