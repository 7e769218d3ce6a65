import type { FlowReport } from "../../runtime/sim/flow-report.ts";
import type { StreamTraffic, TransferTraffic } from "../topology/topology.ts";
import { type PercentileSummary, Sample } from "./percentiles.ts";

/** Counters of one second of a flow. */
interface Second {
  sent: number;
  received: number;
  receivedBytes: number;
  retransmitted: number;
  /** Number of the datagrams sent in this second that have arrived, in this second or later. */
  arrived: number;
  delaySum: number;
  delays: number;
}

/** One second of a flow, as results show it. */
export interface FlowSecond {
  /** Start of the second. */
  readonly t: number;
  /** Bits per second that the application of the receiver received. */
  readonly throughput: number;
  readonly sent: number;
  readonly received: number;
  /** Datagrams sent in this second that never arrived. 0 for TCP, which retransmits lost segments. */
  readonly lost: number;
  readonly retransmitted: number;
  /** Mean delay in seconds. Null if none was measured. */
  readonly delay: number | null;
}

/** Record of a UDP stream or a TCP transfer. */
export class FlowRecord {
  readonly traffic: StreamTraffic | TransferTraffic;
  /** UDP datagrams or TCP segments. */
  sent = 0;
  received = 0;
  sentBytes = 0;
  receivedBytes = 0;
  retransmitted = 0;
  /** Time of the first report of the sender. Undefined if there is none. */
  startedAt: number | undefined;
  /** Time at which the receiver had all bytes. */
  completedAt: number | undefined;
  failure: string | undefined;
  readonly #delays = new Sample();
  readonly #seconds = new Map<number, Second>();

  constructor(traffic: StreamTraffic | TransferTraffic) {
    this.traffic = traffic;
  }

  add(report: FlowReport): void {
    switch (report.kind) {
      case "sent":
      case "received": {
        const second = this.#second(Math.floor(report.at));
        for (const delay of report.delays) {
          this.#delays.add(delay);
          second.delaySum += delay;
          second.delays++;
        }
        if (report.kind === "sent") this.startedAt = Math.min(this.startedAt ?? Infinity, report.at);
        if (report.kind === "sent") this.#addSent(second, report);
        else this.#addReceived(second, report);
        break;
      }
      case "completed":
        this.completedAt ??= report.at;
        break;
      case "failed":
        this.failure ??= report.reason;
    }
  }

  /** Lost datagrams. 0 for TCP. */
  get lost(): number {
    return this.traffic.kind === "udp" ? Math.max(0, this.sent - this.received) : 0;
  }

  /** Seconds from the start to the completion. Undefined if the transfer is not complete. */
  get completion(): number | undefined {
    return this.completedAt === undefined ? undefined : this.completedAt - (this.startedAt ?? this.traffic.at);
  }

  get delays(): PercentileSummary | null {
    return this.#delays.percentiles;
  }

  /** Returns the mean throughput in bits per second from the start of the flow to its end, or to `until`. */
  throughput(until: number): number {
    const { traffic } = this;
    const start = this.startedAt ?? traffic.at;
    const end = traffic.kind === "udp" ? start + traffic.seconds : (this.completedAt ?? until);
    const seconds = Math.min(end, until) - start;
    return seconds > 0 ? (this.receivedBytes * 8) / seconds : 0;
  }

  /** Returns the throughput of the last full second before `at`. */
  recentThroughput(at: number): number {
    return (this.#seconds.get(Math.floor(at) - 1)?.receivedBytes ?? 0) * 8;
  }

  /** Returns all seconds from the first to the last, without gaps. */
  get series(): readonly FlowSecond[] {
    const known = [...this.#seconds.keys()];
    const first = known.reduce((least, one) => Math.min(least, one), Infinity);
    const last = known.reduce((most, one) => Math.max(most, one), -Infinity);
    if (first > last) return [];
    return Array.from({ length: last - first + 1 }, (_, index) => this.#describe(first + index));
  }

  #describe(t: number): FlowSecond {
    const second = this.#seconds.get(t) ?? newSecond();
    const { sent, received, receivedBytes, retransmitted, arrived, delaySum, delays } = second;
    const lost = this.traffic.kind === "udp" ? Math.max(0, sent - arrived) : 0;
    const delay = delays === 0 ? null : delaySum / delays;
    return { t, throughput: receivedBytes * 8, sent, received, lost, retransmitted, delay };
  }

  #addSent(second: Second, { packets, bytes, retransmitted }: FlowReport & { readonly kind: "sent" }): void {
    this.sent += packets;
    this.sentBytes += bytes;
    this.retransmitted += retransmitted;
    second.sent += packets;
    second.retransmitted += retransmitted;
  }

  #addReceived(second: Second, { packets, bytes, sentIn }: FlowReport & { readonly kind: "received" }): void {
    this.received += packets;
    this.receivedBytes += bytes;
    second.received += packets;
    second.receivedBytes += bytes;
    this.#second(sentIn).arrived += packets;
  }

  #second(number: number): Second {
    const known = this.#seconds.get(number) ?? newSecond();
    this.#seconds.set(number, known);
    return known;
  }
}

function newSecond(): Second {
  return { sent: 0, received: 0, receivedBytes: 0, retransmitted: 0, arrived: 0, delaySum: 0, delays: 0 };
}
