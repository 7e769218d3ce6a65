/** MTUs that links and tunnels have, and some between: what a path carries is looked for among them. */
const MTUS: readonly number[] = [
  9000, 8000, 4352, 2002, 1500, 1492, 1480, 1472, 1460, 1450, 1440, 1430, 1420, 1410, 1400, 1380, 1360, 1340, 1320,
  1300, 1280, 1200, 1100, 1006, 800, 576,
];

/** What every path carries, by the rules of IP. */
const IPV4_MTU_MIN = 576;
const IPV6_MTU_MIN = 1280;

const IPV4_HEADERS = 28;
const IPV6_HEADERS = 48;

/** Longer datagrams than this are worth a search of their path. */
export const MIN_PATH_PAYLOAD: number = IPV4_MTU_MIN - IPV6_HEADERS;

/** The payloads that a path to this `host:port` may turn out to carry, from `ceiling` down. */
export function pathCandidates(to: string, ceiling: number): readonly number[] {
  const isIpv4 = /^[\d.]+:\d+$/.test(to);
  const isIpv6 = to.startsWith("[");
  const headers = isIpv4 ? IPV4_HEADERS : IPV6_HEADERS;
  const below = MTUS.filter((mtu) => mtu >= (isIpv6 ? IPV6_MTU_MIN : IPV4_MTU_MIN)).map((mtu) => mtu - headers);
  return [ceiling, ...below.filter((payload) => payload < ceiling)];
}
