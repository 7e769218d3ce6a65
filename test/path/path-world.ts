import { PathSizes } from "../../runtime/path/path-sizes.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { ManualClock, ManualDatagrams } from "../session/manual-world.ts";

const LATENCY = 0.02;

/** Simulated path: its size, the size of its interface, whether it is up, and whether the peer answers. */
export interface PathConditions {
  pathSize: number;
  interfaceSize: number;
  isUp: boolean;
  answers: boolean;
  /** Share of probes that are lost, at any size. */
  lossRate: number;
  /** Delay in seconds, each way. */
  delay: number;
}

/** PathSizes of one node with a path to a peer that answers probes after a delay. */
export class PathWorld {
  readonly clock: ManualClock = new ManualClock();
  readonly path: PathConditions = {
    pathSize: Infinity,
    interfaceSize: Infinity,
    isUp: true,
    answers: true,
    lossRate: 0,
    delay: LATENCY,
  };
  readonly log: string[] = [];
  readonly to: string;
  readonly sizes: PathSizes;
  /** Probes that were sent. */
  readonly probes: Uint8Array[] = [];
  readonly #peer: PathSizes;
  #draws = 1;

  constructor(to: string = "10.0.0.2:10000") {
    this.to = to;
    const here = new ManualDatagrams("10.0.0.1:10000");
    const there = new ManualDatagrams(to);
    there.send = (_, bytes): void => this.#later(() => this.deliver(bytes));
    const datagrams: Datagrams = Object.assign(here, { probe: (_: string, bytes: Uint8Array) => this.#probe(bytes) });
    this.sizes = this.#sizes(datagrams);
    this.#peer = this.#sizes(there);
  }

  get payload(): number {
    return this.sizes.payload(this.to);
  }

  /** Sends long datagrams for so many seconds, `count` of them ten times a second. */
  use(seconds: number, count: number = 10): void {
    for (let tenth = 0; tenth < seconds * 10; tenth++) {
      this.sizes.countSent(this.to, count);
      this.clock.advance(0.1);
    }
  }

  /** Delivers a datagram with a probe or an answer. */
  deliver(bytes: Uint8Array): void {
    deliverTo(this.sizes, bytes);
  }

  /** Deterministic pseudo-random number in [0, 1). */
  draw(): number {
    this.#draws = (Math.imul(this.#draws, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#draws / 2 ** 32;
  }

  #sizes(datagrams: Datagrams): PathSizes {
    const changed = (message: string): void => void this.log.push(message);
    return new PathSizes({ clock: this.clock, datagrams, random: () => this.draw(), changed });
  }

  #probe(bytes: Uint8Array): boolean {
    const { pathSize, interfaceSize, isUp, answers, lossRate } = this.path;
    if (bytes.length > interfaceSize) return false;
    this.probes.push(bytes);
    const arrives = isUp && answers && bytes.length <= pathSize && this.draw() >= lossRate;
    if (arrives) this.#later(() => deliverTo(this.#peer, bytes));
    return true;
  }

  #later(happen: () => void): void {
    this.clock.at(this.clock.now() + this.path.delay, happen);
  }
}

function deliverTo(sizes: PathSizes, bytes: Uint8Array): void {
  const decoded = decodeDatagram(bytes);
  for (const { hash, start, end } of decoded.ok ? decoded.tuples : [])
    sizes.receive(hash, bytes, start, end, "10.0.0.1:10000");
}
