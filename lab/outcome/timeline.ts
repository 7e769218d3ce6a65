import { printable } from "../../runtime/plan/values/printable.ts";
import { formatDuration } from "../topology/duration.ts";
import { formatRate } from "../topology/rate.ts";
import type { FlowRecord } from "./flow-record.ts";
import { hostEvents, type TimelineEvent, TimelineEventFinder } from "./timeline-events.ts";
import type { Observation } from "./observation.ts";
import { formatPath } from "./routes.ts";
import type { RunRecord } from "./run-record.ts";
import { type Screen, shown, type Style, styled, writeLine } from "./screen.ts";
import type { Topology, Traffic } from "../topology/topology.ts";

const STYLES: Readonly<Record<TimelineEvent["kind"], Style>> = {
  action: "yellow",
  exited: "red",
  detected: "red",
  flows: "green",
  rerouted: "cyan",
  direct: "green",
};

const RECENT_PINGS = 20;
/** Greatest number of traffics with a status line. The events of all traffics are shown. */
const STATUS_LINES_MAX = 10;

interface TrafficStatus {
  readonly traffic: Traffic;
  readonly events: TimelineEventFinder;
  roundTrip: number | undefined;
}

/**
 * Live view of a run: a status line per traffic with path, round-trip time and lost pings, and a line per event. On a terminal
 * the status lines are updated in place; otherwise they are printed once a second.
 */
export class Timeline {
  readonly #traffics: readonly TrafficStatus[];
  readonly #screen: Screen;
  readonly #pathWidth: number;
  readonly #hosts: number;
  #lastSecond = 0;
  /** Status lines that the terminal shows now. */
  #status: readonly string[] = [];

  constructor(topology: Topology, screen: Screen) {
    this.#traffics = topology.traffic.map((traffic, number) => ({
      traffic,
      events: new TimelineEventFinder(topology, number),
      roundTrip: undefined,
    }));
    this.#screen = screen;
    this.#hosts = topology.hosts.length;
    const longest = topology.hosts.reduce((most, { name }) => Math.max(most, name.length), 0);
    this.#pathWidth = formatPath(["x".repeat(longest), "x".repeat(longest), "x".repeat(longest)]).length;
  }

  /** Shows an observation. The record must include it. */
  show(observation: Observation, record: RunRecord): void {
    if (observation.kind === "ping" && observation.report.kind === "reply") {
      const status = this.#traffics[observation.traffic];
      if (status !== undefined) status.roundTrip = observation.report.at - observation.report.sentAt;
    }
    for (const event of hostEvents(observation)) this.#showEvent(event);
    for (const { events, traffic } of this.#traffics) {
      if (traffic.kind !== "ping") continue;
      for (const event of events.find(observation, record)) this.#showEvent(event, traffic);
    }
    if (observation.kind === "tick") this.#showStatus(observation.at, record);
  }

  /** Prints a line with a time between the events. */
  note(at: number, text: string): void {
    this.#writeAboveStatus(`${clock(at)}  ${printable(text)}`);
  }

  /** Removes the status lines, so that other output can follow. */
  finish(): void {
    this.#clearStatus();
    this.#status = [];
  }

  #showEvent({ at, kind, text }: TimelineEvent, traffic?: Traffic): void {
    const prefix = traffic === undefined || this.#traffics.length === 1 ? "" : `${traffic.name}: `;
    this.#writeAboveStatus(`${clock(at)}  ${styled(this.#screen, STYLES[kind], `── ${prefix}${text}`)}`);
  }

  #writeAboveStatus(line: string): void {
    this.#clearStatus();
    writeLine(this.#screen, line);
    this.#writeStatus();
  }

  #showStatus(at: number, record: RunRecord): void {
    const isNewSecond = Math.floor(at) !== this.#lastSecond;
    this.#lastSecond = Math.floor(at);
    if (!this.#screen.isTerminal && !isNewSecond) return;
    this.#clearStatus();
    this.#status = this.#describe(at, record);
    if (this.#screen.isTerminal) this.#writeStatus();
    else for (const line of this.#status) writeLine(this.#screen, line.trimEnd());
  }

  #clearStatus(): void {
    if (!this.#screen.isTerminal || this.#status.length === 0) return;
    const up = this.#status.length === 1 ? "" : `\u001b[${this.#status.length - 1}A`;
    this.#screen.write(`\r${up}\u001b[J`);
  }

  #writeStatus(): void {
    if (this.#screen.isTerminal) this.#screen.write(shown(this.#screen, this.#status.join("\n")));
  }

  #describe(at: number, record: RunRecord): readonly string[] {
    if (this.#traffics.length === 0) return [`${clock(at)}  ${this.#hosts === 1 ? "1 host" : `${this.#hosts} hosts`}`];
    const lines = this.#traffics
      .slice(0, STATUS_LINES_MAX)
      .map((status, number) => this.#describeTraffic(at, status, number, record));
    const more = this.#traffics.length - lines.length;
    return more === 0 ? lines : [...lines, `${" ".repeat(8)}  and ${more} more`];
  }

  #describeTraffic(at: number, { traffic, roundTrip }: TrafficStatus, number: number, record: RunRecord): string {
    const { from, to } = traffic;
    const flow = record.flows[number];
    if (flow !== undefined) return `${clock(at)}  ${flowStatus(flow, at)}`;
    const path = record.routes?.path(from, to);
    const pings = record.pings[number];
    const recent = pings?.recent(RECENT_PINGS) ?? [];
    const route = (path === undefined ? `${from} … ${to}` : formatPath(path)).padEnd(this.#pathWidth);
    const time = (recent.at(-1) === true ? formatDuration(roundTrip ?? 0) : "–").padStart(8);
    const strip = recent.map((isAnswered) => (isAnswered ? "·" : styled(this.#screen, "red", "×"))).join("");
    const lost = pings === undefined || pings.lost === 0 ? "" : `${pings.lost} lost`;
    return `${clock(at)}  ${route}  ${time}  ${strip}${" ".repeat(RECENT_PINGS - recent.length)}  ${lost}`;
  }
}

/** Describes the last second of a stream or transfer. */
function flowStatus(flow: FlowRecord, at: number): string {
  const { traffic, completion, lost, retransmitted } = flow;
  if (completion !== undefined) return `${traffic.name}  complete after ${formatDuration(completion)}`;
  const missing = traffic.kind === "udp" ? `${lost} lost or on the way` : `${retransmitted} sent again`;
  return `${traffic.name}  ${formatRate(flow.recentThroughput(at))}  ${missing}`;
}

function clock(at: number): string {
  return `${at.toFixed(1)} s`.padStart(8);
}
