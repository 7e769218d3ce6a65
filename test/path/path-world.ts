import { PathSizes } from "../../runtime/path/path-sizes.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { ManualClock, ManualDatagrams } from "../session/manual-world.ts";

const LATENCY = 0.02;

/** What lies between: what it carries, what of its interface, whether it carries anything, and what answers. */
export interface Between {
  carries: number;
  fits: number;
  isUp: boolean;
  answers: boolean;
  /** The share of probes of any size that is lost. */
  loses: number;
  /** Seconds, each way. */
  takes: number;
}

/** One node's path to a peer that answers probes as nodes do, after a while. */
export class PathWorld {
  readonly clock: ManualClock = new ManualClock();
  readonly between: Between = {
    carries: Infinity,
    fits: Infinity,
    isUp: true,
    answers: true,
    loses: 0,
    takes: LATENCY,
  };
  readonly said: string[] = [];
  readonly to: string;
  readonly sizes: PathSizes;
  /** The probes that left. */
  readonly probes: Uint8Array[] = [];
  readonly #peer: PathSizes;
  #draws = 1;

  constructor(to: string = "10.0.0.2:10000") {
    this.to = to;
    const here = new ManualDatagrams("10.0.0.1:10000");
    const there = new ManualDatagrams(to);
    there.send = (_, bytes): void => this.#later(() => this.hear(bytes));
    const datagrams: Datagrams = Object.assign(here, { probe: (_: string, bytes: Uint8Array) => this.#probe(bytes) });
    this.sizes = this.#sizes(datagrams);
    this.#peer = this.#sizes(there);
  }

  get payload(): number {
    return this.sizes.payload(this.to);
  }

  /** Long datagrams are sent for so many seconds, ten times a second so many. */
  use(seconds: number, count: number = 10): void {
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      this.sizes.countSent(this.to, count);
      this.clock.advance(0.1);
    }
  }

  /** A datagram has arrived that says something of paths. */
  hear(bytes: Uint8Array): void {
    heardBy(this.sizes, bytes);
  }

  /** An even enough draw, the same in every run. */
  draw(): number {
    this.#draws = (Math.imul(this.#draws, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#draws / 2 ** 32;
  }

  #sizes(datagrams: Datagrams): PathSizes {
    const adapted = (message: string): void => void this.said.push(message);
    return new PathSizes({ clock: this.clock, datagrams, random: () => this.draw(), changed: adapted });
  }

  #probe(bytes: Uint8Array): boolean {
    const { carries, fits, isUp, answers, loses } = this.between;
    if (bytes.length > fits) return false;
    this.probes.push(bytes);
    const arrives = isUp && answers && bytes.length <= carries && this.draw() >= loses;
    if (arrives) this.#later(() => heardBy(this.#peer, bytes));
    return true;
  }

  #later(happen: () => void): void {
    this.clock.at(this.clock.now() + this.between.takes, happen);
  }
}

function heardBy(sizes: PathSizes, bytes: Uint8Array): void {
  const decoded = decodeDatagram(bytes);
  for (const { hash, start, end } of decoded.ok ? decoded.tuples : [])
    sizes.receive(hash, bytes, start, end, "10.0.0.1:10000");
}
