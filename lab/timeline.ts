import { formatDuration } from "./duration.ts";
import { type Moment, Moments } from "./moments.ts";
import type { Observation } from "./observation.ts";
import { formatPath } from "./routes.ts";
import type { RunRecord } from "./run-record.ts";
import { type Screen, type Style, styled, writeLine } from "./screen.ts";
import type { Topology, Traffic } from "./topology.ts";

const STYLES: Readonly<Record<Moment["kind"], Style>> = {
  action: "yellow",
  gone: "red",
  detected: "red",
  flows: "green",
  rerouted: "cyan",
  direct: "green",
};

const RECENT_PINGS = 20;
const CLEAR_LINE = "\r\u001b[2K";

/**
 * The life of one traffic as it goes on: a line with its path, round-trip time and lost pings, and a line for each moment.
 * On a terminal the first is one line that changes in its place; elsewhere it comes once a second.
 */
export class Timeline {
  readonly #traffic: Traffic;
  readonly #number: number;
  readonly #moments: Moments;
  readonly #screen: Screen;
  readonly #columns: number;
  #roundTrip: number | undefined;
  #lastSecond = 0;
  #status = "";

  constructor(topology: Topology, number: number, screen: Screen) {
    this.#traffic = topology.traffic[number] as Traffic;
    this.#number = number;
    this.#moments = new Moments(topology, number);
    this.#screen = screen;
    const longest = Math.max(...topology.hosts.map((host) => host.name.length));
    this.#columns = formatPath(["x".repeat(longest), "x".repeat(longest), "x".repeat(longest)]).length;
  }

  /** The record has taken in the observation already. */
  show(observation: Observation, record: RunRecord): void {
    if (observation.kind === "ping" && observation.traffic === this.#number && observation.report.kind === "reply") {
      this.#roundTrip = observation.report.at - observation.report.sentAt;
    }
    for (const moment of this.#moments.find(observation, record)) this.#showMoment(moment);
    if (observation.kind === "tick") this.#showStatus(observation.at, record);
  }

  /** Leaves the terminal's line to whatever is written next. */
  finish(): void {
    if (this.#screen.isTerminal) this.#screen.write(CLEAR_LINE);
  }

  #showMoment({ at, kind, text }: Moment): void {
    this.finish();
    writeLine(this.#screen, `${clock(at)}  ${styled(this.#screen, STYLES[kind], `── ${text}`)}`);
    if (this.#screen.isTerminal) this.#screen.write(this.#status);
  }

  #showStatus(at: number, record: RunRecord): void {
    this.#status = this.#describe(at, record);
    if (this.#screen.isTerminal) return this.#screen.write(`${CLEAR_LINE}${this.#status}`);
    if (Math.floor(at) === this.#lastSecond) return;
    this.#lastSecond = Math.floor(at);
    writeLine(this.#screen, this.#status.trimEnd());
  }

  #describe(at: number, record: RunRecord): string {
    const { from, to } = this.#traffic;
    const path = record.routes?.path(from, to);
    const pings = record.pings[this.#number];
    const recent = pings?.recent(RECENT_PINGS) ?? [];
    const way = (path === undefined ? `${from} … ${to}` : formatPath(path)).padEnd(this.#columns);
    const time = (recent.at(-1) === true ? formatDuration(this.#roundTrip ?? 0) : "–").padStart(8);
    const strip = recent.map((isAnswered) => (isAnswered ? "·" : styled(this.#screen, "red", "×"))).join("");
    const lost = pings === undefined || pings.lost === 0 ? "" : `${pings.lost} lost`;
    return `${clock(at)}  ${way}  ${time}  ${strip}${" ".repeat(RECENT_PINGS - recent.length)}  ${lost}`;
  }
}

function clock(at: number): string {
  return `${at.toFixed(1)} s`.padStart(8);
}
