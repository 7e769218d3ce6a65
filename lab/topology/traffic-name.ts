import type { TrafficDocument } from "./topology-document.ts";

/**
 * Returns the name of a traffic. The default is `a to b`, with the kind of the traffic unless it is a ping, and with a number if several
 * traffics have the same hosts and kind.
 */
export function trafficName(traffic: readonly TrafficDocument[], number: number): string {
  const isAlike = (one: TrafficDocument | undefined): boolean => {
    const other = traffic[number];
    return one?.kind === other?.kind && one?.from === other?.from && one?.to === other?.to;
  };
  const { name, kind = "ping", from, to } = traffic[number] ?? {};
  const before = traffic.slice(0, number).filter(isAlike).length;
  return name ?? `${kind === "ping" ? "" : `${kind} `}${from} to ${to}${before === 0 ? "" : ` (${before + 1})`}`;
}
