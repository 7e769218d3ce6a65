import type {
  CheckDocument,
  DocumentFault,
  TopologyDocument,
  TrafficDocument,
  TrafficKind,
} from "./topology-document.ts";
import type { TrafficEndsByName } from "./traffic-end.ts";
import { trafficName } from "./traffic-name.ts";

/** Kinds of traffic that each kind of check applies to. */
const KINDS_OF_CHECK = {
  outage: ["ping"],
  lost: ["ping", "udp"],
  throughput: ["udp", "tcp"],
  completes: ["tcp"],
  reaches: ["ping"],
  unreachable: ["ping"],
} as const satisfies Partial<Record<keyof CheckDocument, readonly TrafficKind[]>>;

type TrafficCheck = keyof typeof KINDS_OF_CHECK;

/**
 * Returns the indexes of the traffic that a check covers: traffic of a kind that the check applies to, between the hosts and with the name
 * that the check gives. A host stands for all addresses of its devices.
 */
export function coveredTraffic(
  check: CheckDocument,
  traffic: readonly TrafficDocument[],
  ends: TrafficEndsByName,
): readonly number[] {
  const key = trafficCheckOf(check);
  if (key === undefined) return [];
  const kinds: readonly TrafficKind[] = KINDS_OF_CHECK[key];
  const [from, to] = check.reaches ?? check.unreachable ?? [check.from, check.to];
  const isEnd = (wanted: string | undefined, written: string): boolean => {
    if (wanted === undefined || wanted === written) return true;
    const end = ends.get(written);
    return wanted === end?.host || wanted === end?.address;
  };
  return traffic.flatMap((one, number) => {
    const isMeant =
      kinds.includes(one.kind) &&
      (key !== "completes" || one.bytes !== undefined) &&
      isEnd(from, one.from) &&
      isEnd(to, one.to) &&
      (check.traffic === undefined || trafficName(traffic, number) === check.traffic);
    return isMeant ? [number] : [];
  });
}

/** Returns a fault for each check that needs traffic or a route table which the topology does not define. */
export function findCheckFaults(
  { checks, traffic, routes }: TopologyDocument,
  ends: TrafficEndsByName,
): readonly DocumentFault[] {
  const names = new Set(traffic.map((_, number) => trafficName(traffic, number)));
  return checks.flatMap((check, index): readonly DocumentFault[] => {
    const path = (key: string): readonly PropertyKey[] => ["checks", index, key];
    const key = trafficCheckOf(check);
    if (check.path !== undefined && routes === undefined)
      return [{ path: path("path"), message: "needs `routes`, which names the route table" }];
    if (key === undefined)
      return check.traffic === undefined
        ? []
        : [
            {
              path: path("traffic"),
              message: "applies only to checks of traffic: outage, lost, throughput, completes",
            },
          ];
    const { traffic: name } = check;
    if (name !== undefined && !names.has(name)) {
      const known = names.size === 0 ? "there is no [[traffic]]" : `the known names are ${[...names].join(", ")}`;
      return [{ path: path("traffic"), message: `there is no traffic ${JSON.stringify(name)}; ${known}` }];
    }
    if (coveredTraffic(check, traffic, ends).length > 0) return [];
    return [{ path: path(key), message: `needs ${describeNeed(check, key)}` }];
  });
}

/** Describes the traffic that a check needs: `[[traffic]] from a to b`. */
function describeNeed(check: CheckDocument, key: TrafficCheck): string {
  const [from, to] = check.reaches ?? check.unreachable ?? [check.from, check.to];
  const kinds: readonly TrafficKind[] = KINDS_OF_CHECK[key];
  const kind = ` of kind ${kinds.map((one) => `"${one}"`).join(" or ")}`;
  const size = key === "completes" ? " with `bytes`" : "";
  return `[[traffic]]${kind}${size}${from === undefined ? "" : ` from ${from}`}${to === undefined ? "" : ` to ${to}`}`;
}

function trafficCheckOf(check: CheckDocument): TrafficCheck | undefined {
  return (Object.keys(KINDS_OF_CHECK) as TrafficCheck[]).find((key) => check[key] !== undefined);
}
