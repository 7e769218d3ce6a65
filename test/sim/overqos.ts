import { ProgramNetwork } from "./program-network.ts";

const [SENDER, OVERQOS, PLAIN] = ["10.0.0.1:10000", "10.0.0.2:10000", "10.0.0.3:10000"] as const;
const BOUND = 0.02;

/** Shares of the packets that arrived within the bound, and datagrams over overqos per datagram by IP, less 1. */
export interface Repairs {
  readonly repaired: number;
  readonly plain: number;
  readonly more: number;
}

/** The sender sends a packet each 10 ms to each receiver: to one over overqos, to the other by IP. */
function scene(packets: number): string {
  return `
import "${new URL("overqos.mzl", import.meta.url).pathname}".
materialize(sender, infinity, 1, keys()).
materialize(arrived, infinity, infinity, keys(1)).
accept note(number, number).
t: tick(N) :- periodic(E, 10ms, ${packets}), sender(), N := E % 1000000.
o: note@overqos::("${OVERQOS}", 20ms)(N, T) :- tick(N), T := f_now().
p: note@"${PLAIN}"(N, T) :- tick(N), T := f_now().
a: arrived(N, f_now() - T) :- note(N, T).
`;
}

/** Sends packets over links of 5 ms that lose 5 %. */
export function measureRepairs(packets: number): Repairs {
  const network = new ProgramNetwork({
    program: scene(packets),
    addresses: [SENDER, OVERQOS, PLAIN],
    faults: { delay: 0.005, loss: 0.05 },
    facts: (address) => (address === SENDER ? [{ predicate: "sender", args: [] }] : []),
  });
  network.pass(packets * 0.01 + 1);
  const inTime = (address: string): number =>
    network.rows(address, "arrived").filter(([, delay]) => (delay as number) <= BOUND).length / packets;
  const sent = (from: string, to: string): number =>
    network
      .node(from)
      .metrics()
      .peers.find(({ address }) => address === to)?.sent ?? 0;
  const more = (sent(SENDER, OVERQOS) + sent(OVERQOS, SENDER)) / sent(SENDER, PLAIN) - 1;
  return { repaired: inTime(OVERQOS), plain: inTime(PLAIN), more };
}
