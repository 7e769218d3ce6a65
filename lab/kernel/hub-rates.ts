import { visibleSource } from "./hub-rules.ts";
import { batch, type NamespacePlan } from "./namespace-plan.ts";
import type { Wiring } from "../topology/wiring.ts";

const QUEUE_SECONDS = 0.1;
/** A queue that holds less could not hold a packet. */
const LEAST_QUEUE_BYTES = 3_000;

/** What was dropped on the way from a host to another because the queue was full. */
export interface QueueDrops {
  readonly from: string;
  readonly to: string;
  readonly dropped: number;
}

/** Reads what `tc -s -j qdisc show` prints in the hub; empty when it is something else. */
export function readQueueDrops(text: string, { hosts }: NamespacePlan): readonly QueueDrops[] {
  return readQdiscs(text).flatMap(({ kind, dev, parent, drops }) => {
    const to = hosts.find(({ port }) => port === dev);
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
 * The rates of links, as classes of `tc htb` at the hub's port to the receiver, a class for each sender with a queue of so
 * many bytes. It remembers what is there, so that a change leaves the rest alone.
 */
export class HubRates {
  /** The lines that were said to `tc` of each port. */
  readonly #installed = new Map<string, ReadonlySet<string>>();

  /** No link has a rate. */
  get isEmpty(): boolean {
    return this.#installed.size === 0;
  }

  /** Input of `tc -n HUB -batch -` that brings about what the wiring says; empty when it does already. */
  update({ hosts }: NamespacePlan, wiring: Wiring): string {
    return batch(hosts.flatMap(({ name, port }) => this.#updatePort(port, linesOf(name, port, wiring))));
  }

  #updatePort(port: string, lines: readonly string[]): readonly string[] {
    const installed = this.#installed.get(port) ?? new Set();
    if (lines.length === 0) {
      this.#installed.delete(port);
      return installed.size === 0 ? [] : [`qdisc del dev ${port} root`];
    }
    // A class can be changed in its place, a sender that has another address cannot.
    const isRebuilt = [...installed].some((line) => line.startsWith("filter") && !lines.includes(line));
    const added = lines.filter((line) => isRebuilt || !installed.has(line));
    this.#installed.set(port, new Set(lines));
    return isRebuilt ? [`qdisc del dev ${port} root`, ...added] : added;
  }
}

function linesOf(to: string, port: string, wiring: Wiring): readonly string[] {
  const senders = wiring.hosts.flatMap((from, at) => {
    if (from === to) return [];
    const { rate, queue = QUEUE_SECONDS } = wiring.faults(from, to);
    return rate === undefined
      ? []
      : [{ number: (at + 1).toString(16), rate, queue, ip: visibleSource(wiring, { from, to }) }];
  });
  if (senders.length === 0) return [];
  return [
    `qdisc add dev ${port} root handle 1: htb default 0`,
    ...senders.flatMap(({ number, rate, queue, ip }) => {
      const bytes = Math.max(LEAST_QUEUE_BYTES, Math.round((rate * queue) / 8));
      return [
        `class replace dev ${port} parent 1: classid 1:${number} htb rate ${Math.round(rate)}bit burst 3000 cburst 3000 quantum 3000`,
        `qdisc replace dev ${port} parent 1:${number} bfifo limit ${bytes}`,
        `filter add dev ${port} parent 1: protocol ip u32 match ip src ${ip}/32 flowid 1:${number}`,
      ];
    }),
  ];
}
