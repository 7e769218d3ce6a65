/** A simulated node that an exploration takes over, with its clock, its datagrams and the ids of its calls. */
import type { Node } from "../../runtime/node/node.ts";
import type { Datagram, DatagramCounters, Datagrams, World } from "../../runtime/world/world.ts";
import { firstCallId } from "./call-ids.ts";
import type { ExploredClock } from "./explored-clock.ts";
import { TakenClock } from "./taken-clock.ts";

/** What the exploration gives a node. */
export interface Takeover {
  /** Takes a datagram that the node sends. */
  readonly send: (to: string, bytes: Uint8Array) => void;
  readonly callId: () => number;
  /** Called when a step exceeded a limit and was undone. */
  readonly onLimit: (limit: string, rule: string) => void;
}

/** Offset of the call ids of the simulation. The exploration takes the ids below it. */
const SIMULATED_IDS = 2 ** 20;

/** World of a simulated node that an exploration may take over. */
export class TakenWorld {
  readonly world: World;
  readonly #clock: TakenClock;
  readonly #datagrams: TakenDatagrams;
  #takeover: Takeover | undefined;

  /** `number` is the number of the node. */
  constructor(simulated: World, number: number) {
    this.#clock = new TakenClock(simulated.clock);
    this.#datagrams = new TakenDatagrams(simulated.datagrams);
    let next = firstCallId(number) + SIMULATED_IDS;
    const callId = (): number => this.#takeover?.callId() ?? next++;
    this.world = { ...simulated, clock: this.#clock, datagrams: this.#datagrams, callId };
  }

  /** Reports that a step exceeded a limit. */
  exceeded(limit: string, rule: string): void {
    this.#takeover?.onLimit(limit, rule);
  }

  /** Ends the simulation of the node. Returns its clock. */
  takeOver(takeover: Takeover): ExploredClock {
    this.#takeover = takeover;
    this.#datagrams.taken = takeover.send;
    return this.#clock.takeOver();
  }

  receive(datagram: Datagram): void {
    this.#datagrams.receive(datagram);
  }
}

/** A node that runs where the simulation stands. */
export interface TakenNode {
  readonly node: Node;
  readonly world: TakenWorld;
}

/** Datagram that is under way where the simulation stands. */
export interface TakenDatagram {
  /** Numbers of the nodes. */
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** Where a simulation stands: its nodes, undefined for those that are down, and the datagrams under way, in the order of their arrival. */
export interface Standing {
  readonly nodes: readonly (TakenNode | undefined)[];
  readonly datagrams: readonly TakenDatagram[];
}

class TakenDatagrams implements Datagrams {
  readonly maxPayload: number;
  readonly counters: DatagramCounters;
  taken: ((to: string, bytes: Uint8Array) => void) | undefined;
  receive: (datagram: Datagram) => void = () => {};
  readonly #simulated: Datagrams;

  constructor(simulated: Datagrams) {
    this.#simulated = simulated;
    this.maxPayload = simulated.maxPayload;
    this.counters = simulated.counters;
  }

  get address(): string {
    return this.#simulated.address;
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    this.receive = receive;
    this.#simulated.onDatagram(receive);
  }

  send(to: string, bytes: Uint8Array, trafficClass?: number): void {
    if (this.taken === undefined) this.#simulated.send(to, bytes, trafficClass);
    else this.taken(to, bytes);
  }

  close(): Promise<void> {
    return this.#simulated.close();
  }
}
