/** Schedules as people read them: what happened in each step, which rules ran, which rows changed, and what was sent. */
import { formatValue } from "../../runtime/plan/values/format.ts";
import type { Tuple } from "../../runtime/plan/values/packet.ts";
import { messageOf } from "../../runtime/channel/row-change.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import { callIdText, isCallId } from "./call-ids.ts";
import type { Choice } from "./choice.ts";
import type { Message } from "./flying-messages.ts";
import type { ExploredNode } from "./explored-node.ts";
import type { System, SystemChange, SystemObserver } from "./system.ts";

/** A step of a schedule, told. */
export interface ToldStep {
  /** Time on the clock of the node, in seconds. */
  readonly time: number;
  readonly node: string;
  readonly event: string;
  /** Names of the rules that ran at the node. */
  readonly rules: readonly string[];
  /** Rows that changed: `+ p(1)`, `- p(2)`. */
  readonly rows: readonly string[];
  readonly sent: readonly string[];
}

/** Observer that collects the changes of the latest action, and passes them on. */
export class ChangeRecorder implements SystemObserver {
  latest: readonly SystemChange[] = [];
  readonly #next: SystemObserver;

  constructor(next: SystemObserver) {
    this.#next = next;
  }

  checkpoint(): () => void {
    return this.#next.checkpoint();
  }

  changed(changes: readonly SystemChange[]): void {
    this.latest = changes;
    this.#next.changed(changes);
  }
}

/** Writes tuples and choices as text. */
export class Wording {
  readonly #plan: Plan;
  readonly #addresses: readonly string[];
  readonly #hidden: ReadonlyMap<string, number>;

  constructor(plan: Plan, addresses: readonly string[], hidden: ReadonlyMap<string, number>) {
    this.#plan = plan;
    this.#addresses = addresses;
    this.#hidden = hidden;
  }

  /** The event of an action, without the node at which it happens: `receives ping(1) from 10.0.0.1:10000`. */
  event(choice: Choice): string {
    switch (choice.kind) {
      case "deliver":
        return `receives ${this.#fromText(choice.message)}`;
      case "duplicate":
        return `receives a copy of ${this.#fromText(choice.message)}`;
      case "lose":
        return `loses ${this.#fromText(choice.message)}`;
      case "drop":
        return `is down and loses ${this.#fromText(choice.message)}`;
      case "tick":
        return "timer";
      case "crash":
        return "crashes";
      case "restart":
        return "restarts";
      case "join":
        return "starts";
      default:
        return choice satisfies never;
    }
  }

  #fromText(message: Message): string {
    return `${this.message(message)} from ${this.#addresses[message.from]}`;
  }

  message({ tuples }: Message): string {
    return tuples.length === 0 ? "a message that it drops" : tuples.map((one) => this.tuple(one)).join(", ");
  }

  /** A tuple without hidden columns. */
  tuple({ predicate: { name, role }, args, isDelete }: Tuple): string {
    if (role.kind === "ack") return "acknowledgement of rows";
    if (role.kind === "rows") return this.#rowsText(args);
    return `${isDelete ? "delete " : ""}${name}(${this.values(args.slice(this.#hidden.get(name) ?? 0))})`;
  }

  /** The rows that ViewChannel sends: `rows of s1: + ("10.0.0.1:10000")`. */
  #rowsText(args: Values): string {
    const changes = messageOf(args)?.changes ?? [];
    const texts = changes.map(({ inlet, isPresent, args: row }) => {
      const name = this.#plan.predicates.find(({ wire }) => wire.tuple === inlet)?.name ?? "?";
      return `${name.replace(/\?.*/, "")}: ${isPresent ? "+" : "-"} (${this.values(row)})`;
    });
    return texts.length === 0 ? "no new rows" : `rows of ${texts.join(", ")}`;
  }

  values(values: Values): string {
    return values.map((value) => valueText(value)).join(", ");
  }

  /** The row that changed; undefined for a table of the compiler. */
  row(change: SystemChange): string | undefined {
    if (change.kind !== "row") return undefined;
    const { name } = this.#plan.predicates[change.predicate] ?? { name: "?" };
    if (name.includes("?")) return undefined;
    return `${change.isPresent ? "+" : "-"} ${name}(${this.values(change.values)})`;
  }

  sent(message: Message): string {
    return `${this.message(message)} to ${this.#addresses[message.to]}`;
  }
}

function valueText(value: Value): string {
  if (isCallId(value)) return callIdText(value);
  if (Array.isArray(value)) return `[${(value as Values).map(valueText).join(", ")}]`;
  return formatValue(value);
}

/** Takes an action, and tells it. `recorder` observes the system, which must watch all tables. */
export function tellStep(choice: Choice, system: System, recorder: ChangeRecorder, wording: Wording): ToldStep {
  const fired = firedBy(choice.node, system);
  const timers = choice.kind === "tick" ? firedTimers(system.explored(choice.node)) : undefined;
  system.take(choice);
  const explored = system.explored(choice.node);
  const { plan } = system.settings.program;
  const rules = new Set<string>();
  const after = firedBy(choice.node, system);
  const isNew = choice.kind === "restart" || choice.kind === "join";
  for (const { id, origin } of plan.strands) {
    if ((after[id] ?? 0) > (isNew ? 0 : (fired[id] ?? 0))) rules.add(origin.rule);
  }
  return {
    time: explored?.clock.now() ?? 0,
    node: system.settings.addresses[choice.node] ?? "",
    event: timers?.() ?? wording.event(choice),
    rules: [...rules],
    rows: choice.kind === "crash" ? [] : netRows(recorder.latest, wording),
    sent: system.sent.map((message) => wording.sent(message)),
  };
}

/** Returns a function that tells, after the action, which of the timers that are due now have fired. */
function firedTimers(explored: ExploredNode | undefined): () => string | undefined {
  const time = explored?.nextDue ?? 0;
  const before = explored?.dueTexts(time) ?? [];
  return () => {
    const waiting = explored?.dueTexts(time) ?? [];
    const fired = before.filter((text) => !waiting.includes(text));
    return fired.length === 0 ? undefined : fired.join(", ");
  };
}

/** The rows that changed. A row that came and went again is left out, as are those of a step that was undone. */
function netRows(changes: readonly SystemChange[], wording: Wording): readonly string[] {
  const net = new Set<string>();
  for (const change of changes) {
    const text = wording.row(change);
    if (text === undefined) continue;
    const opposite = `${change.isPresent ? "-" : "+"}${text.slice(1)}`;
    if (!net.delete(opposite)) net.add(text);
  }
  return [...net];
}

function firedBy(node: number, system: System): readonly number[] {
  return [...(system.explored(node)?.node.counters.engine.derived ?? [])];
}
