/**
 * All nodes of an exploration, the messages between them, and what may happen next. `choices` lists the actions that are possible, `take`
 * carries one out, and `undo` takes the latest one back. Nothing else changes the state.
 */
import type { Fact } from "../../runtime/node/peer-facts.ts";
import type { Program } from "../../runtime/node/program.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { BUDGET_OF, type Budgets, type Choice, type ChoiceKind, messageChoice, nodeChoice } from "./choice.ts";
import { type Digest, DigestSum, Hasher } from "./digest.ts";
import { Effects, type IdProbe } from "./effects.ts";
import { ExploredNode } from "./explored-node.ts";
import { FlyingMessages, type Message } from "./flying-messages.ts";
import { RowLedger } from "./row-ledger.ts";
import type { Standing, TakenNode } from "./taken-node.ts";

export interface SystemSettings {
  readonly program: Program;
  /** Programs of the nodes if these differ, in their facts only. */
  readonly programs?: readonly Program[] | undefined;
  /** Where a simulation stands that is taken over; undefined if all nodes start anew. */
  readonly standing?: Standing | undefined;
  /** Addresses of all nodes. The last `budgets.joins` of them are down at the start. */
  readonly addresses: readonly string[];
  readonly factsOf: (node: number) => readonly Fact[];
  readonly budgets: Budgets;
  /** Whether the messages of each pair of nodes arrive in the order in which they were sent. */
  readonly isFifo: boolean;
  /** Whether a call times out only if it can no longer be answered. */
  readonly isPerfect: boolean;
  /** Whether the times until timers are due belong to a state, besides their order. */
  readonly isExact: boolean;
  readonly seed: number;
  /** Predicates of the program whose row changes the observer wants. */
  readonly watched: ReadonlySet<number>;
  readonly observer: SystemObserver;
}

/** Reader of the changes of the whole system, which follows `take` and `undo`. */
export interface SystemObserver {
  /** Called after each action, and once for the initial state. */
  changed(changes: readonly SystemChange[]): void;
  /** Called before each action. Returns a function that reverts the changes that are reported from now on. */
  checkpoint(): () => void;
}

/** A row of a node, a node that runs, or a message under way, which began or ceased to be. */
export type SystemChange =
  | {
      readonly kind: "row";
      readonly node: number;
      readonly predicate: number;
      readonly values: Values;
      readonly isPresent: boolean;
    }
  | { readonly kind: "up"; readonly node: number; readonly isPresent: boolean }
  | { readonly kind: "flying"; readonly message: Message; readonly isPresent: boolean };

/** Node with its number of starts, the latest hash of its state, and the time of its next timer. Both are computed when they are needed. */
interface Slot {
  readonly explored: ExploredNode | undefined;
  readonly isUp: boolean;
  readonly starts: number;
  digest: Digest | undefined;
  due: number | undefined;
}

const DOWN: Slot = { explored: undefined, isUp: false, starts: 0, digest: undefined, due: undefined };

export class System {
  readonly settings: SystemSettings;
  readonly flying: FlyingMessages;
  /** Why the latest action could not be carried out: a step exceeded a limit and was undone, or the node never comes to rest. */
  failure: string | undefined;
  /** Messages that the latest action sent. */
  sent: readonly Message[] = [];
  readonly #slots: Slot[];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #undos: (() => void)[] = [];
  readonly #effects = new Effects();
  #budgets: Budgets;
  #changes: SystemChange[] = [];
  #sending: Message[] = [];
  /** Number that selects the random streams of the nodes. Each random schedule has its own. */
  #draw = 0;
  /** Messages of the running action, those to nodes that are down for good included. */
  #attempted: Message[] = [];

  constructor(settings: SystemSettings) {
    const { addresses, budgets, program } = settings;
    this.settings = settings;
    this.flying = new FlyingMessages(addresses.length, program.plan);
    this.#slots = addresses.map(() => ({ ...DOWN }));
    this.#numbers = new Map(addresses.map((address, number) => [address, number]));
    this.#budgets = budgets;
  }

  /** Whether a message holds a call id, apart from those `arriving`, or a row of a running node other than `except`. */
  #isHeld(id: number, except: number, arriving: readonly number[] = []): boolean {
    const flying = this.flying.callIds.get(id) ?? 0;
    if (flying > 0 && flying > arriving.filter((one) => one === id).length) return true;
    for (let node = 0; node < this.#slots.length; node++) {
      const { explored, isUp } = this.#slots[node] as Slot;
      if (isUp && node !== except && explored?.ledger.callIds.has(id) === true) return true;
    }
    return false;
  }

  /** Starts the nodes that are up at the beginning, or takes over those of a simulation. */
  start(): void {
    const { standing } = this.settings;
    if (standing === undefined) this.#startFirst();
    else this.#takeOver(standing);
    this.#report();
  }

  #takeOver({ nodes, datagrams }: Standing): void {
    for (const [node, taken] of nodes.entries()) {
      this.#slots[node] = { ...DOWN, starts: 1, isUp: taken !== undefined };
      if (taken !== undefined) this.#noteRows(this.#run(node, taken));
    }
    for (const { from, to, bytes } of datagrams) {
      const message = this.flying.message(from, to, bytes);
      this.flying.add(message);
      this.#changes.push({ kind: "flying", message, isPresent: true });
    }
  }

  #startFirst(): void {
    const { addresses, budgets } = this.settings;
    const first = addresses.length - budgets.joins;
    for (let node = 0; node < first; node++) this.#slots[node] = { ...DOWN, isUp: true };
    for (let node = 0; node < first; node++) this.#start(node);
  }

  get size(): number {
    return this.#slots.length;
  }

  get budgets(): Budgets {
    return this.#budgets;
  }

  /** Number of actions taken and not undone. */
  get depth(): number {
    return this.#undos.length;
  }

  isUp(node: number): boolean {
    return this.#slots[node]?.isUp === true;
  }

  /** The node, if it has ever been started. */
  explored(node: number): ExploredNode | undefined {
    return this.#slots[node]?.explored;
  }

  /** Returns the actions that are possible, in an order that depends on the state and on the way to it. */
  choices(): readonly Choice[] {
    const found: Choice[] = [];
    for (let node = 0; node < this.#slots.length; node++) this.#choicesAt(node, found);
    return found;
  }

  #choicesAt(node: number, found: Choice[]): void {
    const { isUp, starts } = this.#slots[node] as Slot;
    const budgets = this.#budgets;
    if (isUp) this.#deliveries(node, found);
    else for (const message of this.#arriving(node)) found.push(messageChoice("drop", message));
    if (isUp && budgets.ticks > 0 && this.canTick(node)) found.push(nodeChoice("tick", node));
    if (isUp && budgets.crashes > 0) found.push(nodeChoice("crash", node));
    if (!isUp && starts > 0 && budgets.restarts > 0) found.push(nodeChoice("restart", node));
    if (!isUp && starts === 0 && budgets.joins > 0) found.push(nodeChoice("join", node));
  }

  #deliveries(node: number, found: Choice[]): void {
    const { loss, duplicates } = this.#budgets;
    for (const message of this.#arriving(node)) {
      found.push(messageChoice("deliver", message));
      if (loss > 0) found.push(messageChoice("lose", message));
      if (duplicates > 0) found.push(messageChoice("duplicate", message));
    }
  }

  /** The messages that may arrive next at a node, equal ones once. */
  *#arriving(node: number): Generator<Message> {
    for (let from = 0; from < this.#slots.length; from++) {
      const queue = this.flying.queue(from, node);
      const length = this.settings.isFifo ? Math.min(1, queue.length) : queue.length;
      for (let at = 0; at < length; at++) {
        const message = queue[at] as Message;
        if (queue.indexOf(message) === at) yield message;
      }
    }
  }

  /** Whether the next timer of a running node may fire. */
  canTick(node: number): boolean {
    const slot = this.#slots[node] as Slot;
    const { explored } = slot;
    if (explored === undefined) return false;
    slot.due ??= explored.nextDue;
    const { due } = slot;
    if (due === Infinity) return false;
    return !this.settings.isPerfect || !(explored.hasOpenCall(due) || this.#hasOpenStream(explored, due));
  }

  /** Whether a node would drop the rows of a node that still runs, and still sends them. */
  #hasOpenStream({ history }: ExploredNode, due: number): boolean {
    if (history.channelDue > due) return false;
    return history.silentAt(due).some(({ from, stream }) => {
      const sender = this.#slots[this.#numbers.get(from) ?? -1];
      return sender?.isUp === true && sender.explored?.history.sendsStream(stream) === true;
    });
  }

  /** Gives all nodes the random numbers with this number. Called in the initial state. */
  drawFrom(draw: number): void {
    if (draw === this.#draw && draw === 0) return;
    this.#draw = draw;
    for (let node = 0; node < this.#slots.length; node++) {
      const slot = this.#slots[node] as Slot;
      slot.explored?.history.reseed(this.#seedOf(node, slot.starts));
      slot.digest = undefined;
    }
  }

  #seedOf(node: number, starts: number): number {
    const name = this.#draw === 0 ? `node ${node} ${starts}` : `node ${node} ${starts} ${this.#draw}`;
    return streamOf(this.settings.seed, name).integer(2 ** 32);
  }

  /** Makes the present state the initial one: earlier actions cannot be undone any more. */
  begin(): void {
    this.#undos.length = 0;
  }

  /** Carries out a possible action. */
  take(choice: Choice): void {
    const { node } = choice;
    const [slot, budgets, depth] = [this.#slots[node] as Slot, this.#budgets, this.flying.length];
    this.#attempted = [];
    this.failure = undefined;
    const reverts = [this.settings.observer.checkpoint(), this.#act(choice)];
    this.#budgets = spent(budgets, choice.kind);
    const sent = this.#sending;
    this.#undos.push(() => {
      for (const message of sent) this.flying.removeNewest(message);
      for (const revert of reverts.toReversed()) revert();
      this.#slots[node] = slot;
      this.#budgets = budgets;
      if (this.flying.length !== depth) throw new Error("an undone action left messages");
    });
    this.#report();
  }

  /** Takes the latest action back. */
  undo(): void {
    this.#undos.pop()?.();
    this.failure = undefined;
  }

  /** Takes actions back until `depth` of them are left. */
  undoTo(depth: number): void {
    while (this.#undos.length > depth) this.undo();
  }

  /** Carries out the action, and returns a function that reverts it, apart from the messages that it sends. */
  #act(choice: Choice): () => void {
    const { node } = choice;
    switch (choice.kind) {
      case "deliver":
      case "duplicate":
      case "lose":
      case "drop":
        return this.#onMessage(choice);
      case "tick":
        return this.#step(choice, (at) => at.tick());
      case "crash":
        return this.#crash(node);
      case "restart":
      case "join":
        this.#slots[node] = { ...(this.#slots[node] as Slot), isUp: true, digest: undefined, due: undefined };
        this.#start(node);
        return () => {};
      default:
        return choice satisfies never;
    }
  }

  #onMessage(choice: Choice & { readonly message: Message }): () => void {
    const { kind, message } = choice;
    const from = this.settings.addresses[message.from] as string;
    const at = kind === "duplicate" ? undefined : this.#remove(message);
    const revert =
      kind === "lose" || kind === "drop" ? undefined : this.#step(choice, (one) => one.receive(from, message.bytes));
    return () => {
      revert?.();
      if (at !== undefined) this.flying.add(message, at);
    };
  }

  #remove(message: Message): number {
    this.#changes.push({ kind: "flying", message, isPresent: false });
    return this.flying.remove(message);
  }

  /** Runs steps of a running node, and returns a function that reverts them. */
  #step(choice: Choice, run: (explored: ExploredNode) => boolean): () => void {
    const { node } = choice;
    const before = this.#digestOf(node);
    const slot = this.#slots[node] as Slot;
    const explored = slot.explored as ExploredNode;
    const revert = explored.checkpoint();
    if (choice.at !== undefined) explored.clock.moveTo(choice.at);
    if (!run(explored)) this.failure ??= endless(explored);
    const after = explored.digest();
    this.#slots[node] = { ...slot, digest: after, due: undefined };
    // The effect of an action that fails, or moves the clock, holds for this way only.
    if (this.failure === undefined && choice.at === undefined)
      this.#effects.add(before, choice, { after, sent: this.#attempted, probes: explored.probes });
    this.#noteRows(explored);
    return revert;
  }

  #noteRows({ ledger, number }: ExploredNode): void {
    for (const change of ledger.changes) this.#changes.push({ kind: "row", node: number, ...change });
    ledger.changes = [];
  }

  #crash(node: number): () => void {
    const slot = this.#slots[node] as Slot;
    this.#slots[node] = { ...slot, isUp: false, digest: undefined, due: undefined };
    this.#changes.push({ kind: "up", node, isPresent: false });
    for (const change of this.#rowsOf(slot.explored as ExploredNode)) this.#changes.push(change);
    if (this.#budgets.restarts > 0) return () => {};
    const lost = [...this.flying.to(node)];
    const places = lost.map((message) => this.#remove(message));
    return () => lost.toReversed().forEach((message, at) => this.flying.add(message, places.at(-1 - at)));
  }

  /** The watched rows of a node, as changes that remove them. */
  *#rowsOf({ history, number }: ExploredNode): Generator<SystemChange> {
    for (const table of history.tables) {
      if (table === undefined || !this.settings.watched.has(table.predicate.id)) continue;
      for (const values of table.rows())
        yield { kind: "row", node: number, predicate: table.predicate.id, values, isPresent: false };
    }
  }

  #start(node: number): void {
    const explored = this.#run(node, undefined);
    if (!explored.start()) this.failure ??= endless(explored);
    this.#noteRows(explored);
  }

  /** Makes a node, or takes one over. */
  #run(node: number, taken: TakenNode | undefined): ExploredNode {
    const { program, programs, addresses, factsOf, watched, isExact } = this.settings;
    const { starts } = this.#slots[node] as Slot;
    const address = addresses[node] as string;
    const explored = new ExploredNode({
      number: node,
      starts,
      address,
      program: programs?.[node] ?? program,
      facts: factsOf(node),
      seed: this.#seedOf(node, starts),
      ledger: new RowLedger(watched),
      taken,
      isExact,
      send: (to, bytes) => this.#send(node, to, bytes),
      isHeldElsewhere: (id) => this.#isHeld(id, node),
      onLimit: (limit, rule) => {
        this.failure ??= `${address}: rule ${rule} exceeded the limit of ${limit}`;
      },
    });
    this.#slots[node] = { explored, isUp: true, starts: starts + 1, digest: undefined, due: undefined };
    this.#changes.push({ kind: "up", node, isPresent: true });
    return explored;
  }

  /** Takes a datagram of a node. It is lost if no node has the address, or the node is down for good. */
  #send(from: number, to: string, bytes: Uint8Array): void {
    const receiver = this.#numbers.get(to);
    if (receiver === undefined) return;
    const message = this.flying.message(from, receiver, bytes);
    this.#attempted.push(message);
    if (!this.#mayBeUp(receiver)) return;
    this.flying.add(message);
    this.#sending.push(message);
    this.#changes.push({ kind: "flying", message, isPresent: true });
  }

  #mayBeUp(node: number): boolean {
    const { isUp, starts } = this.#slots[node] as Slot;
    return isUp || (starts === 0 ? this.#budgets.joins : this.#budgets.restarts) > 0;
  }

  #report(): void {
    const changes = this.#changes;
    this.#changes = [];
    this.sent = this.#sending;
    this.#sending = [];
    this.settings.observer.changed(changes);
  }

  /** Hash of the state of nodes and messages, without budgets. */
  get stateDigest(): Digest {
    const sum = new DigestSum();
    for (let node = 0; node < this.#slots.length; node++) sum.add(this.#digestOf(node));
    sum.add(this.flying.sum);
    if (!this.settings.isFifo) return sum;
    const hasher = new Hasher(sum.low).word(sum.high);
    this.flying.addOrder(hasher);
    return hasher.digest();
  }

  /** Adds to a hash what decides further random numbers and losses: the random streams, and which nodes are down for good. */
  addFate(hasher: Hasher): void {
    hasher.number(this.#draw);
    for (let node = 0; node < this.#slots.length; node++) hasher.word(this.#mayBeUp(node) ? 1 : 0);
  }

  #digestOf(node: number): Digest {
    const slot = this.#slots[node] as Slot;
    if (slot.digest !== undefined) return slot.digest;
    const { explored, isUp, starts } = slot;
    slot.digest =
      isUp && explored !== undefined ? explored.digest() : new Hasher(node).word(starts > 0 ? 1 : 0).digest();
    return slot.digest;
  }

  /** Hash of the state and of the budgets that are left. */
  get digest(): Digest {
    return withBudgets(this.stateDigest, this.#budgets);
  }

  /** Returns the hash behind a possible action, if it is known without carrying the action out. */
  predict(choice: Choice): Digest | undefined {
    const { kind, node } = choice;
    if (this.settings.isFifo || kind === "crash" || kind === "restart" || kind === "join") return undefined;
    const sum = new DigestSum();
    sum.add(this.stateDigest);
    if (kind === "deliver" || kind === "lose" || kind === "drop") sum.subtract(choice.message.digest);
    if (kind !== "lose" && kind !== "drop") {
      const before = this.#digestOf(node);
      const effect = this.#effects.find(before, choice);
      if (effect === undefined || !this.#holds(effect.probes, choice)) return undefined;
      sum.subtract(before);
      sum.add(effect.after);
      for (const message of effect.sent) if (this.#mayBeUp(message.to)) sum.add(message.digest);
    }
    return withBudgets(sum, spent(this.#budgets, kind));
  }

  /** Whether the node of the action would find the same call ids held as when the effect became known. */
  #holds(probes: readonly IdProbe[], choice: Choice): boolean {
    if (probes.length === 0) return true;
    // A message that arrives holds its ids no longer.
    const arriving = choice.kind === "deliver" ? choice.message.callIds : [];
    return probes.every(({ id, isHeld }) => this.#isHeld(id, choice.node, arriving) === isHeld);
  }

  /** Lifts or sets budgets, until an earlier action is undone. */
  setBudgets(budgets: Budgets): void {
    this.#budgets = budgets;
  }
}

function endless({ address }: ExploredNode): string {
  return `${address} never comes to rest: its rules raise events without end`;
}

function spent(budgets: Budgets, kind: ChoiceKind): Budgets {
  const budget = BUDGET_OF[kind];
  return budget === undefined ? budgets : { ...budgets, [budget]: budgets[budget] - 1 };
}

function withBudgets({ low, high }: Digest, { crashes, restarts, joins, ticks, loss, duplicates }: Budgets): Digest {
  const hasher = new Hasher(low).word(high).word(crashes).word(restarts).word(joins);
  return hasher.number(ticks).word(loss).word(duplicates).digest();
}
