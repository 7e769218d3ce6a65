import { formatDuration } from "../topology/duration.ts";
import { hostEvents, type TimelineEvent, TimelineEventFinder } from "./timeline-events.ts";
import type { Observation } from "./observation.ts";
import { formatPath } from "./routes.ts";
import type { RunRecord } from "./run-record.ts";
import { type Screen, type Style, styled, writeLine } from "./screen.ts";
import type { Topology, Traffic } from "../topology/topology.ts";

const STYLES: Readonly<Record<TimelineEvent["kind"], Style>> = {
  action: "yellow",
  gone: "red",
  detected: "red",
  flows: "green",
  rerouted: "cyan",
  direct: "green",
};

const RECENT_PINGS = 20;
/** Of so many traffics the state is shown; the moments are those of all. */
const MOST_STATES = 10;

interface Shown {
  readonly traffic: Traffic;
  readonly events: TimelineEventFinder;
  roundTrip: number | undefined;
}

/**
 * A run as it goes on: for each traffic a line with its path, round-trip time and lost pings, and a line for each moment.
 * On a terminal the first kind changes in its place; elsewhere it comes once a second.
 */
export class Timeline {
  readonly #shown: readonly Shown[];
  readonly #screen: Screen;
  readonly #columns: number;
  readonly #hosts: number;
  #lastSecond = 0;
  /** The lines of the state, as the terminal shows them now. */
  #state: readonly string[] = [];

  constructor(topology: Topology, screen: Screen) {
    this.#shown = topology.traffic.map((traffic, number) => ({
      traffic,
      events: new TimelineEventFinder(topology, number),
      roundTrip: undefined,
    }));
    this.#screen = screen;
    this.#hosts = topology.hosts.length;
    const longest = Math.max(...topology.hosts.map((host) => host.name.length));
    this.#columns = formatPath(["x".repeat(longest), "x".repeat(longest), "x".repeat(longest)]).length;
  }

  /** The record has taken in the observation already. */
  show(observation: Observation, record: RunRecord): void {
    if (observation.kind === "ping" && observation.report.kind === "reply") {
      const shown = this.#shown[observation.traffic];
      if (shown !== undefined) shown.roundTrip = observation.report.at - observation.report.sentAt;
    }
    for (const moment of hostEvents(observation)) this.#showEvent(moment);
    for (const { events, traffic } of this.#shown) {
      for (const moment of events.find(observation, record)) this.#showEvent(moment, traffic);
    }
    if (observation.kind === "tick") this.#showState(observation.at, record);
  }

  /** A line between those of the timeline. */
  note(at: number, text: string): void {
    this.#aboveState(`${clock(at)}  ${text}`);
  }

  /** Leaves the terminal's lines to whatever is written next. */
  finish(): void {
    this.#clearState();
    this.#state = [];
  }

  #showEvent({ at, kind, text }: TimelineEvent, traffic?: Traffic): void {
    const whose = traffic === undefined || this.#shown.length === 1 ? "" : `${traffic.from} to ${traffic.to}: `;
    this.#aboveState(`${clock(at)}  ${styled(this.#screen, STYLES[kind], `── ${whose}${text}`)}`);
  }

  #aboveState(line: string): void {
    this.#clearState();
    writeLine(this.#screen, line);
    this.#writeState();
  }

  #showState(at: number, record: RunRecord): void {
    const isNewSecond = Math.floor(at) !== this.#lastSecond;
    this.#lastSecond = Math.floor(at);
    if (!this.#screen.isTerminal && !isNewSecond) return;
    this.#clearState();
    this.#state = this.#describe(at, record);
    if (this.#screen.isTerminal) this.#writeState();
    else for (const line of this.#state) writeLine(this.#screen, line.trimEnd());
  }

  #clearState(): void {
    if (!this.#screen.isTerminal || this.#state.length === 0) return;
    const up = this.#state.length === 1 ? "" : `\u001b[${this.#state.length - 1}A`;
    this.#screen.write(`\r${up}\u001b[J`);
  }

  #writeState(): void {
    if (this.#screen.isTerminal) this.#screen.write(this.#state.join("\n"));
  }

  #describe(at: number, record: RunRecord): readonly string[] {
    if (this.#shown.length === 0) return [`${clock(at)}  ${this.#hosts === 1 ? "1 host" : `${this.#hosts} hosts`}`];
    const lines = this.#shown
      .slice(0, MOST_STATES)
      .map((shown, number) => this.#describeTraffic(at, shown, number, record));
    const more = this.#shown.length - lines.length;
    return more === 0 ? lines : [...lines, `${" ".repeat(8)}  and ${more} more`];
  }

  #describeTraffic(at: number, { traffic, roundTrip }: Shown, number: number, record: RunRecord): string {
    const { from, to } = traffic;
    const path = record.routes?.path(from, to);
    const pings = record.pings[number];
    const recent = pings?.recent(RECENT_PINGS) ?? [];
    const way = (path === undefined ? `${from} … ${to}` : formatPath(path)).padEnd(this.#columns);
    const time = (recent.at(-1) === true ? formatDuration(roundTrip ?? 0) : "–").padStart(8);
    const strip = recent.map((isAnswered) => (isAnswered ? "·" : styled(this.#screen, "red", "×"))).join("");
    const lost = pings === undefined || pings.lost === 0 ? "" : `${pings.lost} lost`;
    return `${clock(at)}  ${way}  ${time}  ${strip}${" ".repeat(RECENT_PINGS - recent.length)}  ${lost}`;
  }
}

function clock(at: number): string {
  return `${at.toFixed(1)} s`.padStart(8);
}
