/**
 * A real node in an exploration: its clock stands still between two actions, its datagrams go to `send`, and it can go back to each earlier
 * state. This file and `RowLedger` are all that the explorer knows of the insides of a node.
 */
import type { RowLedger } from "./row-ledger.ts";
import type { Table } from "../../runtime/engine/tables/table.ts";
import { stepLimits } from "../../runtime/engine/limits/limits.ts";
import { Node } from "../../runtime/node/node.ts";
import type { NodeHistory } from "../../runtime/node/node-history.ts";
import type { Fact } from "../../runtime/node/peer-facts.ts";
import type { Program } from "../../runtime/node/program.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import type { Datagram, DatagramCounters, Datagrams, World } from "../../runtime/world/world.ts";
import { CallIds, callIdsIn } from "./call-ids.ts";
import { type Digest, DigestSum, Hasher } from "./digest.ts";
import type { IdProbe } from "./effects.ts";
import { ExploredClock } from "./explored-clock.ts";
import { impureCalls } from "./impure-calls.ts";
import type { TakenNode } from "./taken-node.ts";

/** Length of the longest datagram. Long enough that no message is split. */
const MAX_PAYLOAD = 65_000;

/** Alarms of one time that may fire in vain. */
const VAIN_ALARMS_MAX = 10_000;

/** Times in hashes are rounded to microseconds, because sums of seconds are inexact. */
const MICROSECONDS = 1e6;

/** Limit of the memory that the accounts of one node may reach, in bytes. */
const NODE_MEMORY: number = 2 ** 28;
/** Limit of the memory that one step may add, in bytes. Far more than the steps of a program that can be explored need. */
const STEP_MEMORY: number = 2 ** 23;

export interface ExploredNodeSettings {
  readonly number: number;
  /** How often the node has started before. Each start has random streams of its own. */
  readonly starts: number;
  readonly address: string;
  readonly program: Program;
  readonly facts: readonly Fact[];
  readonly seed: number;
  readonly ledger: RowLedger;
  /** The simulated node that is taken over; undefined if a new node is made. */
  readonly taken: TakenNode | undefined;
  /** Whether the times until timers are due belong to the state. */
  readonly isExact: boolean;
  /** Takes a datagram that the node sends. */
  readonly send: (to: string, bytes: Uint8Array) => void;
  /** Whether a message, or a row of another running node, holds the id of a call. */
  readonly isHeldElsewhere: (id: number) => boolean;
  /** Called when a step exceeded a limit and was undone. */
  readonly onLimit: (limit: string, rule: string) => void;
}

/** Table with the order in which its rows leave, which belongs to the state: they expire, or the oldest is evicted. */
interface OrderedTable {
  readonly table: Table;
  readonly expires: boolean;
}

export class ExploredNode {
  readonly number: number;
  readonly address: string;
  readonly ledger: RowLedger;
  readonly clock: ExploredClock;
  readonly node: Node;
  readonly history: NodeHistory;
  readonly #isExact: boolean;
  readonly #callIds: CallIds;
  readonly #isHeldElsewhere: (id: number) => boolean;
  readonly #receive: (datagram: Datagram) => void;
  readonly #ordered: readonly OrderedTable[];
  /** Hashes of the names of timers and random streams. */
  readonly #nameHashes = new Map<string, number>();
  /** Events of timers whose numbers rules read. */
  readonly #numbered: ReadonlySet<number>;
  /** Whether rules read the time of the clock itself, or draw random numbers. */
  readonly #readsClock: boolean;
  readonly #draws: boolean;
  readonly #starts: number;
  /** Tables of waiting calls, and those of them whose calls time out. */
  readonly #waiting: readonly Table[];
  readonly #timed: readonly Table[];

  /** Creates a node, and does not start it, or takes over a simulated one. */
  constructor(settings: ExploredNodeSettings) {
    const { number, address, ledger, taken } = settings;
    this.number = number;
    this.address = address;
    this.ledger = ledger;
    this.#isExact = settings.isExact;
    this.#starts = settings.starts;
    this.#isHeldElsewhere = settings.isHeldElsewhere;
    this.#callIds = new CallIds(number, (id) => ledger.callIds.has(id), settings.isHeldElsewhere);
    const callId = (): number => this.#callIds.take();
    const made = taken === undefined ? newNode(settings, callId) : takenNode(taken, settings, callId);
    this.clock = made.clock;
    this.node = made.node;
    this.#receive = made.receive;
    this.history = this.node.keepHistory(ledger);
    this.#numbered = numberedTimers(this.node.plan);
    const calls = impureCalls(this.node.plan);
    this.#readsClock = calls.some(({ name }) => name === "f_now");
    this.#draws = calls.some(({ name }) => name !== "f_now") || this.#numbered.size > 0;
    this.#ordered = this.history.tables.flatMap(orderOf);
    this.#waiting = this.history.tables.filter((table): table is Table => table !== undefined && holdsCalls(table));
    this.#timed = this.#waiting.filter(({ spec }) => spec.lifetime < Infinity || spec.endsAt !== undefined);
  }

  /** The call ids that the latest step tried to take. */
  get probes(): readonly IdProbe[] {
    return this.#callIds.probes;
  }

  /** Loads the facts and starts the timers. Returns false if the node cannot start or never comes to rest. */
  start(): boolean {
    this.#callIds.beginStep();
    return this.node.start() && this.clock.settle();
  }

  /** Runs the steps that a datagram causes. Returns false if there is no end of them. */
  receive(from: string, bytes: Uint8Array): boolean {
    this.#callIds.beginStep();
    this.#receive({ from, bytes });
    return this.clock.settle();
  }

  /** Time of the next timer or expiry of a row, in seconds; infinite if there is none. */
  get nextDue(): number {
    let next = Math.min(this.history.nextExpiry, this.history.channelDue);
    for (const { due } of this.history.pendingTimers()) if (due < next) next = due;
    return next;
  }

  /** The timers that are due up to a time, as texts: `timer of p1`. */
  dueTexts(time: number): readonly string[] {
    const { timers } = this.node.plan;
    const due = [...this.history.pendingTimers()].filter((timer) => timer.due <= time);
    const expiring = this.#ordered.filter(
      ({ table, expires }) => expires && (table.first?.expires ?? Infinity) <= time,
    );
    return [
      ...due.map(
        ({ predicate }) => `timer of ${timers.find((one) => one.predicate === predicate)?.origin.rule ?? "?"}`,
      ),
      ...expiring.map(({ table }) => expiryText(table)),
      ...(this.history.channelDue <= time ? ["timer of ViewChannel"] : []),
    ];
  }

  /**
   * Moves the clock to the next timer, and runs the steps that it causes. An alarm of ViewChannel, which sends rows again, is a timer, too.
   * Returns false if there is no end of the steps.
   */
  tick(): boolean {
    this.#callIds.beginStep();
    const due = this.nextDue;
    const { steps, channelDue } = this.history;
    for (let fired = 0; fired < VAIN_ALARMS_MAX; fired++) {
      if (this.clock.next > due) return true;
      this.clock.fireNext();
      if (!this.clock.settle()) return false;
      if (this.history.steps > steps || this.history.channelDue !== channelDue) return true;
    }
    return false;
  }

  /** Whether a call that would time out at `time` can still be answered. */
  hasOpenCall(time: number): boolean {
    return this.#timed.some((table) => {
      for (let row = table.first; row !== null && row.expires <= time; row = row.next) {
        if (this.#isOpen(row.values[0] as number)) return true;
      }
      return false;
    });
  }

  /** Whether a message or a row of another node belongs to a call, or to a call that this node made for it. */
  #isOpen(id: number): boolean {
    return this.#isHeldElsewhere(id) || this.#innerCalls(id).some((inner) => this.#isOpen(inner));
  }

  /** The calls that this node made for the call `id`, and whose answers it waits for. */
  #innerCalls(id: number): readonly number[] {
    if (!this.ledger.callIds.has(id)) return [];
    return this.#waiting.flatMap((table) =>
      [...table.rows()].flatMap(([own, ...rest]) =>
        own !== id && callIdsIn(rest).includes(id) ? [own as number] : [],
      ),
    );
  }

  /** Returns a function that takes the node back to its present state. Checkpoints are used newest first. */
  checkpoint(): () => void {
    const clock = this.clock.save();
    const node = this.history.checkpoint();
    return () => {
      clock();
      node();
      this.ledger.changes = [];
    };
  }

  /**
   * Hash of the state: rows, the order of rows in tables with a size, the order of timers, and how many random numbers were drawn. If `now`
   * is given, in seconds, the times from then until the timers are due belong to it, too, and the time itself if rules read it.
   */
  digest(now?: number): Digest {
    const { sum } = this.ledger;
    const hasher = new Hasher(this.number).word(sum.low).word(sum.high);
    const exactly = now ?? (this.#isExact ? this.clock.now() : undefined);
    this.#addOrders(hasher, exactly);
    if (exactly !== undefined && this.#readsClock) hasher.number(exactly);
    if (exactly !== undefined || this.#draws) hasher.word(this.#starts);
    this.#addDraws(hasher);
    const channel = this.history.channelState;
    if (channel !== undefined) hasher.text(JSON.stringify(channel, plainJson));
    return hasher.digest();
  }

  /** Adds the numbers of drawn values, in any order of the streams. A stream that has drawn nothing is as one that was not made. */
  #addDraws(hasher: Hasher): void {
    const sum = new DigestSum();
    for (const [name, { drawn }] of this.history.streams) {
      if (drawn > 0) sum.add(new Hasher(drawn).word(this.#hashOf(name)).digest());
    }
    hasher.word(sum.low).word(sum.high);
  }

  #hashOf(name: string): number {
    const known = this.#nameHashes.get(name);
    if (known !== undefined) return known;
    const hash = new Hasher(0).text(name).digest().low;
    this.#nameHashes.set(name, hash);
    return hash;
  }

  #addOrders(hasher: Hasher, now: number | undefined): void {
    const timers: { readonly due: number; readonly digest: Digest }[] = [];
    for (const { due, name, predicate, fired, isLimited } of this.history.pendingTimers()) {
      // Rules can tell the events of a timer apart only if it has a limit or they read the number of the event.
      const counted = isLimited || this.#numbered.has(predicate) ? fired : 0;
      timers.push({ due, digest: new Hasher(counted).word(this.#hashOf(name)).digest() });
    }
    const { channelDue } = this.history;
    if (channelDue < Infinity) timers.push({ due: channelDue, digest: CHANNEL_ALARM });
    for (const { table, expires } of this.#ordered) {
      for (let row = table.first; row !== null; row = row.next) {
        const { derived: digest } = row.note as { readonly derived: Digest };
        if (expires) timers.push({ due: row.expires, digest });
        else hasher.word(digest.low).word(digest.high);
      }
    }
    addTimers(
      timers.sort((one, other) => one.due - other.due),
      now,
      hasher,
    );
  }

  /** Rows by table, for comparing two states. */
  dump(): readonly (readonly [table: string, rows: readonly (readonly Value[])[]])[] {
    return this.history.tables.flatMap((table) =>
      table === undefined ? [] : [[table.predicate.name, [...table.rows()]]],
    );
  }
}

interface MadeNode {
  readonly node: Node;
  readonly clock: ExploredClock;
  readonly receive: (datagram: Datagram) => void;
}

function newNode(settings: ExploredNodeSettings, callId: () => number): MadeNode {
  const { address, program, facts, seed } = settings;
  const clock = new ExploredClock();
  const datagrams = new ExploredDatagrams(address, settings.send);
  const world: World = { clock, seed, datagrams, devices: [], callId };
  const node = new Node(program, world, {
    names: [address],
    announced: [address],
    facts,
    watch: [],
    limits: { memory: NODE_MEMORY, ...stepLimits(STEP_MEMORY) },
    sendRate: Infinity,
    onLimit: (limit, rule) => settings.onLimit(limit, rule),
  });
  return { node, clock, receive: (datagram) => datagrams.receive(datagram) };
}

function takenNode({ node, world }: TakenNode, settings: ExploredNodeSettings, callId: () => number): MadeNode {
  const clock = world.takeOver({ send: settings.send, callId, onLimit: settings.onLimit });
  return { node, clock, receive: (datagram) => world.receive(datagram) };
}

/** Adds timers, sorted by time, to a hash: their order, and their times from `now` on if it is given. Timers of one time have no order. */
function addTimers(
  timers: readonly { readonly due: number; readonly digest: Digest }[],
  now: number | undefined,
  hasher: Hasher,
): void {
  let sum = new DigestSum();
  timers.forEach(({ due, digest }, at) => {
    sum.add(digest);
    if (timers[at + 1]?.due === due) return;
    hasher.word(sum.low).word(sum.high);
    if (now !== undefined) hasher.number(Math.round((due - now) * MICROSECONDS));
    sum = new DigestSum();
  });
}

function orderOf(table: Table | undefined): readonly OrderedTable[] {
  if (table === undefined) return [];
  const { lifetime, endsAt, size, derived } = table.spec;
  // The order of rows decides which one is evicted, also among rows with equal costs and equal times.
  const isEvicting = size > 1 && size < Infinity && derived !== "pure";
  return [
    ...(lifetime < Infinity || endsAt !== undefined ? [{ table, expires: true }] : []),
    ...(isEvicting ? [{ table, expires: false }] : []),
  ];
}

/** Whether the table holds the calls of a rule that wait for their answers: `rule?1`, with the call id as its key. */
function holdsCalls({ predicate: { name }, spec }: Table): boolean {
  return /\?\d+$/.test(name) && spec.keys.join() === "0";
}

function expiryText(table: Table): string {
  const { name } = table.predicate;
  return holdsCalls(table) ? `a call of ${name.slice(0, name.lastIndexOf("?"))} times out` : `a row of ${name} expires`;
}

/** Returns the events of timers in which a rule binds the number: `periodic(E, 5)`, not `periodic(_, 5)`. */
function numberedTimers({ strands, timers }: Plan): ReadonlySet<number> {
  const events = new Set(timers.map(({ predicate }) => predicate));
  const readers = strands.filter(({ trigger }) => events.has(trigger.predicate));
  const numbered = readers.filter(({ operators }) => operators[0]?.includes("(_") !== true);
  return new Set(numbered.map(({ trigger }) => trigger.predicate));
}

const CHANNEL_ALARM: Digest = new Hasher(0).text("ViewChannel").digest();

function plainJson(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

class ExploredDatagrams implements Datagrams {
  readonly address: string;
  readonly maxPayload: number = MAX_PAYLOAD;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly send: (to: string, bytes: Uint8Array) => void;
  receive: (datagram: Datagram) => void = () => {};

  constructor(address: string, send: (to: string, bytes: Uint8Array) => void) {
    this.address = address;
    this.send = send;
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    this.receive = receive;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
