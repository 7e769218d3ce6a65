/** MTUs of common links and tunnels, with some values in between: the candidates for the MTU of a path. */
const MTUS: readonly number[] = [
  9000, 8000, 4352, 2002, 1500, 1492, 1480, 1472, 1460, 1450, 1440, 1430, 1420, 1410, 1400, 1380, 1360, 1340, 1320,
  1300, 1280, 1200, 1100, 1006, 800, 576,
];

/** MTU that every path has at least, by the IP standards. */
const IPV4_MTU_MIN = 576;
const IPV6_MTU_MIN = 1280;

const IPV4_HEADERS = 28;
const IPV6_HEADERS = 48;

/** Length up to which datagrams fit every path. Only longer datagrams need path probes. */
export const MIN_PATH_PAYLOAD: number = IPV4_MTU_MIN - IPV6_HEADERS;

/** Returns the candidates for the longest payload on a path to this `host:port`, from `ceiling` down. */
export function pathCandidates(to: string, ceiling: number): readonly number[] {
  const isIpv4 = /^[\d.]+:\d+$/.test(to);
  const isIpv6 = to.startsWith("[");
  const headers = isIpv4 ? IPV4_HEADERS : IPV6_HEADERS;
  const below = MTUS.filter((mtu) => mtu >= (isIpv6 ? IPV6_MTU_MIN : IPV4_MTU_MIN)).map((mtu) => mtu - headers);
  return [ceiling, ...below.filter((payload) => payload < ceiling)];
}
