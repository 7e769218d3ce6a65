import { type HostPort, batch, type NamespacePlan, portsOf } from "./namespace-plan.ts";
import { arrivingSources } from "./packet-directions.ts";
import type { Wiring } from "../topology/wiring.ts";

const QUEUE_SECONDS = 0.1;
/** Least queue length. A shorter queue might hold no packet. */
const LEAST_QUEUE_BYTES = 3_000;

/** Number of packets that one direction of a link dropped because its queue was full. */
export interface QueueDrops {
  readonly from: string;
  readonly to: string;
  readonly dropped: number;
}

/** Parses the output of `tc -s -j qdisc show` in the hub. Returns an empty list if the text is not JSON. */
export function readQueueDrops(text: string, { hosts }: NamespacePlan): readonly QueueDrops[] {
  return readQdiscs(text).flatMap(({ kind, dev, parent, drops }) => {
    const to = hosts.find((host) => portsOf(host).some(({ port }) => port === dev));
    const from = hosts[Number.parseInt(parent?.split(":")[1] ?? "", 16) - 1];
    if (kind !== "bfifo" || drops === undefined || drops === 0 || from === undefined || to === undefined) return [];
    return [{ from: from.name, to: to.name, dropped: drops }];
  });
}

interface Qdisc {
  readonly kind?: string;
  readonly dev?: string;
  readonly parent?: string;
  readonly drops?: number;
}

function readQdiscs(text: string): readonly Qdisc[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? (parsed as readonly Qdisc[]) : [];
  } catch {
    return [];
  }
}

/**
 * Rates of links, as classes of `tc htb` at the hub's port towards the receiver: one class with a byte queue per sender. This class
 * remembers the installed lines of each port, so that an update changes only rates that differ.
 */
export class HubRates {
  /** Lines given to `tc` so far, by port. */
  readonly #installed = new Map<string, ReadonlySet<string>>();

  /** Whether no link has a rate. */
  get isEmpty(): boolean {
    return this.#installed.size === 0;
  }

  /** Returns the input of `tc -n HUB -batch -` that installs the rates of the wiring. Empty if these rates are installed already. */
  update({ hosts }: NamespacePlan, wiring: Wiring): string {
    return batch(
      hosts.flatMap((host) =>
        portsOf(host).flatMap((port) => this.#updatePort(port.port, portLines(host.name, port, wiring))),
      ),
    );
  }

  #updatePort(port: string, lines: readonly string[]): readonly string[] {
    const installed = this.#installed.get(port) ?? new Set();
    if (lines.length === 0) {
      this.#installed.delete(port);
      return installed.size === 0 ? [] : [`qdisc del dev ${port} root`];
    }
    // `tc` can replace a class, but not a filter whose sender address has changed: then the port is set up anew.
    const isRebuilt = [...installed].some((line) => line.startsWith("filter") && !lines.includes(line));
    const added = lines.filter((line) => isRebuilt || !installed.has(line));
    this.#installed.set(port, new Set(lines));
    return isRebuilt ? [`qdisc del dev ${port} root`, ...added] : added;
  }
}

/** Priority of the filter that must match last: filters without a priority get smaller numbers. */
const LAST_FILTER = 60_000;

function portLines(to: string, { port, network }: HostPort, wiring: Wiring): readonly string[] {
  const hasSeveral = wiring.attachment(to).others.length > 0;
  const senders = wiring.machines.flatMap((from, at) => {
    if (from === to) return [];
    const { rate, queue = QUEUE_SECONDS } = wiring.faults(from, to);
    const isHere = !hasSeveral || (wiring.sharedNetwork(from, to) ?? wiring.uplink(to).network) === network;
    return rate === undefined || !isHere
      ? []
      : [{ number: (at + 1).toString(16), rate, queue, ...arrivingSources(wiring, { from, to }) }];
  });
  if (senders.length === 0) return [];
  return [
    `qdisc add dev ${port} root handle 1: htb default 0`,
    ...senders.flatMap(({ number, rate, queue, ips, others }) => {
      const bytes = Math.max(LEAST_QUEUE_BYTES, Math.round((rate * queue) / 8));
      return [
        `class replace dev ${port} parent 1: classid 1:${number} htb rate ${Math.round(rate)}bit burst 3000 cburst 3000 quantum 3000`,
        `qdisc replace dev ${port} parent 1:${number} bfifo limit ${bytes}`,
        ...ips.map((ip) => `filter add dev ${port} parent 1: protocol ip u32 match ip src ${ip}/32 flowid 1:${number}`),
        ...(others
          ? [`filter add dev ${port} parent 1: protocol ip prio ${LAST_FILTER} u32 match u32 0 0 flowid 1:${number}`]
          : []),
      ];
    }),
  ];
}
