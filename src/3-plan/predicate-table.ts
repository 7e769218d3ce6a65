/**
 * predicate-table: the predicates of the plan, with their tables, roles, column types and hashes in datagrams. `plan.ts` fills it. Strands
 * refer to predicates by the numbers that this table gives them.
 */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { AcceptSpec, PredicateRole, PredicateSpec, TableSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { ELSE } from "../../runtime/plan/values/location.ts";
import { wireHash } from "../../runtime/plan/values/wire-hash.ts";
import { type ColumnType, typeBit } from "../../runtime/plan/values/column-type.ts";
import { socketEventNamed } from "../../runtime/plan/values/socket-view.ts";
import { STREAM_CLOSED } from "../../runtime/plan/values/stream-call.ts";
import { UDP_RECV, UDP_SEND } from "../../runtime/plan/values/udp-call.ts";
import {
  ADDRESSES_OF,
  builtinNamed,
  ELSE_SEND,
  HOST_ADDRESS,
  isLocalAddressTable,
  LOCAL_ADDRESS,
  LOCAL_NAMES,
  OF_HOST,
  PACKET_HEAD,
  PERIODIC,
  REBOUND,
  SELF,
  SHUTDOWN,
  TAP,
  TAP_TEXT,
  TUN,
} from "../program/builtin.ts";
import { reboundEvents } from "../program/rebound-events.ts";
import { isPredicate } from "../program/rule-shape.ts";
import type { CoreProgram, CoreRule } from "../2-rewrite/core.ts";
import type { Accept, TableDeclaration } from "../program/program.ts";
import type { ColumnTypes } from "./column-types.ts";
import { sentPackets } from "./sent-packets.ts";
import { refreshNotifiers, derivedTables } from "../2-rewrite/derived-tables.ts";

/** Numbers of arguments of packets that came from a device, by predicate: see docs/language.md. */
const DEVICE_ARITIES: ReadonlyMap<string, number> = new Map([
  [TUN, 6],
  [TAP, 5],
]);

/** Returns the number of arguments of the event `tun` or `tap`; undefined for other names. */
export function deviceArity(name: string): number | undefined {
  return DEVICE_ARITIES.get(name);
}

/** Largest number of columns of an event that the program watches and uses nowhere else, so that its number of columns is unknown. */
const WATCHED_ARITY = 16;

/** Events that the program watches and names nowhere else. An operator may raise them with any number of arguments. */
function onlyWatched({ watches, arities }: CoreProgram): ReadonlySet<string> {
  const names = watches.map(({ name }) => name);
  return new Set(names.filter((name) => !arities.has(name) && builtinNamed(name) === undefined));
}

/** Messages between nodes that replicate the rows of channels. */
const CHANNEL_MESSAGES: ReadonlyMap<string, { readonly arity: number; readonly role: "rows" | "ack" }> = new Map([
  ["?rows", { arity: 5, role: "rows" }],
  ["?heard", { arity: 2, role: "ack" }],
]);

/** Events that the node raises itself, with their arity. */
const NODE_EVENTS: ReadonlyMap<string, number> = new Map([
  [SHUTDOWN, 0],
  [STREAM_CLOSED, 1],
  [ELSE_SEND, 2],
  [UDP_RECV, 3],
]);

/** Heads that the node itself consumes, with their arity. */
const NODE_HEADS: ReadonlyMap<string, number> = new Map([
  [PACKET_HEAD, 1],
  [UDP_SEND, 3],
]);

/**
 * Sets the type of the last column of an overlay's `send` and `recv` to packet. Packets have a hop limit, while a routing loop would
 * forward any other value for ever.
 */
function withPayload({ kind }: PredicateRole, columns: readonly ColumnType[]): readonly ColumnType[] {
  return kind === "send" || kind === "recv" ? columns.with(-1, typeBit("tuple")) : columns;
}

/** Numbers the predicates of the program and builds their specifications. */
export class PredicateTable {
  readonly #specs: PredicateSpec[] = [];
  readonly #byName = new Map<string, PredicateSpec>();
  readonly #core: CoreProgram;
  /** Names of the `rebound` events that the node raises: those that no predicate of the program hides. */
  readonly #rebound: ReadonlySet<string>;
  readonly #accepted: Accepted;
  /** The `accept` statements, and the modes of `watch`, by predicate. */
  readonly #accepts: ReadonlyMap<string, readonly Accept[]>;
  readonly #watches: ReadonlyMap<string, string>;
  /** Ids of the predicates of the program, which come first in the plan, in the order of `arities`. */
  readonly #ids: ReadonlyMap<string, number>;
  readonly #views: ReadonlyMap<string, TableSpec["derived"]>;
  readonly #notifiers: ReadonlySet<string>;
  readonly #types: ColumnTypes;

  constructor(core: CoreProgram, types: ColumnTypes) {
    this.#core = core;
    this.#rebound = reboundEvents(core);
    this.#accepted = acceptedFrom(core, this.#rebound);
    this.#accepts = Map.groupBy(core.accepts, ({ name }) => name);
    // The first `watch` of a predicate counts.
    this.#watches = new Map(core.watches.toReversed().map(({ name, modes }) => [name, modes]));
    this.#ids = new Map([...core.arities.keys()].map((name, at) => [name, at]));
    this.#views = derivedTables(core);
    this.#notifiers = refreshNotifiers(core, this.#views);
    this.#types = types;
    for (const [name, arity] of core.arities) this.#add(name, name, arity);
    for (const name of onlyWatched(core)) {
      for (let arity = 0; arity <= WATCHED_ARITY; arity++) this.#add(`${name}/${arity}`, name, arity);
    }
    for (const [name, most] of DEVICE_ARITIES) {
      if (name === TAP && !usesTap(core)) continue;
      for (let arity = 1; arity <= most; arity++) this.#add(`${name}/${arity}`, name, arity);
    }
    if (core.channels.length > 0) for (const [name, { arity }] of CHANNEL_MESSAGES) this.#add(name, name, arity);
    for (const [name, arity] of NODE_HEADS) if (usesHead(core, name, arity)) this.#add(name, name, arity);
    for (const [name, arity] of NODE_EVENTS) {
      if (core.rules.some((rule) => triggerForm(rule) === `${name}/${arity}`)) this.#add(name, name, arity);
    }
  }

  /** Returns a predicate by its qualified name; `tun` and `tap` by name and arity. */
  named(name: string, arity: number): PredicateSpec {
    const spec = this.#byName.get(DEVICE_ARITIES.has(name) ? `${name}/${arity}` : name);
    if (spec === undefined) throw new Error(`predicate ${name}/${arity} is not in the program`);
    return spec;
  }

  find(name: string): PredicateSpec | undefined {
    return this.#byName.get(name);
  }

  /** Adds the event of one `periodic` literal; each literal is a separate timer. */
  timer(number: number): PredicateSpec {
    return this.#add(`${PERIODIC}/${number}`, PERIODIC, 1);
  }

  notifiesRefreshes(name: string): boolean {
    return this.#notifiers.has(name);
  }

  all(): readonly PredicateSpec[] {
    return this.#specs;
  }

  #add(key: string, name: string, arity: number): PredicateSpec {
    const table = this.#tableOf(name);
    const role = this.#roleOf(name);
    const signature = this.#types.signature(name);
    const shown = name === TAP ? TAP_TEXT : name;
    const [tuple, remove] = table === undefined ? (["event", undefined] as const) : (["insert", "delete"] as const);
    const spec: PredicateSpec = {
      id: this.#specs.length,
      name: shown,
      arity,
      table,
      role,
      wire: {
        tuple: wireHash(shown, arity, tuple),
        remove: remove === undefined ? 0 : wireHash(name, arity, remove),
        acceptTuple: this.#accepted.tuples.has(`${name}/${arity}`) || CHANNEL_MESSAGES.has(name),
        acceptRemove: this.#accepted.removals.has(`${name}/${arity}`),
      },
      columns: withPayload(role, this.#types.of(name, arity)),
      ...this.#acceptsOf(name),
      ...(signature !== undefined && { signature }),
      watch: this.#watches.get(name) ?? "",
    };
    this.#specs.push(spec);
    this.#byName.set(key, spec);
    return spec;
  }

  #acceptsOf(name: string): Pick<PredicateSpec, "accepts"> {
    const accepts = this.#accepts.get(name);
    return accepts === undefined ? {} : { accepts: accepts.map((accept) => this.#acceptSpec(accept)) };
  }

  #acceptSpec({ types, insert, remove, from, rate, rows }: Accept): AcceptSpec {
    const senders = typeof from === "string" ? from : (this.#ids.get(from.table) ?? -1);
    return { types, insert, remove, from: senders, rate, rows };
  }

  #tableOf(name: string): TableSpec | undefined {
    const declared = this.#core.tables.get(name);
    const notifiesRefreshes = this.#notifiers.has(name);
    if (declared !== undefined) {
      const spec = tableSpec(declared, this.#views.get(name) ?? "none", notifiesRefreshes);
      return declared.baseOf === undefined ? spec : { ...spec, baseOf: this.named(declared.baseOf, 0).id };
    }
    return isLocalAddressTable(name) ? { ...localAddressSpec, notifiesRefreshes } : undefined;
  }

  #roleOf(name: string): PredicateRole {
    if (name === TUN) return { kind: "tun" };
    if (name === TAP) return { kind: "tap" };
    if (name === PACKET_HEAD) return { kind: "packet" };
    if (this.#core.answers.has(name)) return { kind: "answer", isFirstOnly: true };
    if (this.#core.outcomes.has(name)) return { kind: "answer", isFirstOnly: false };
    if (name === STREAM_CLOSED) return { kind: "tcpClosed" };
    if (name === ELSE_SEND) return { kind: "send", overlay: ELSE };
    if (name === UDP_RECV) return { kind: "udpRecv" };
    if (name === UDP_SEND) return { kind: "udpSend" };
    if (name === `${HOST_ADDRESS}${OF_HOST}`) return { kind: "hostAddresses" };
    const socket = socketEventNamed(name);
    if (socket !== undefined) return socket;
    const message = CHANNEL_MESSAGES.get(name);
    if (message !== undefined) return { kind: message.role };
    const own = ownAddressRole(name, undefined);
    if (own !== undefined) return this.#ownRole(name, own);
    for (const overlay of this.#core.overlays) {
      if (name === `${overlay.name}.send`) return { kind: "send", overlay: overlay.name };
      if (name === `${overlay.name}.recv`) return { kind: "recv", overlay: overlay.name };
      const ownOfOverlay = ownAddressRole(name, overlay.name);
      if (ownOfOverlay !== undefined) return this.#ownRole(name, ownOfOverlay);
    }
    return { kind: "plain" };
  }

  /** Returns the role, or `plain` if the program defines the predicate itself: a `rebound` of its own, or a `self` that is not a table. */
  #ownRole(name: string, role: PredicateRole): PredicateRole {
    const isHidden = role.kind === "rebound" ? !this.#rebound.has(name) : this.#tableOf(name) === undefined;
    return isHidden ? { kind: "plain" } : role;
  }
}

/** Returns the role of a predicate about own addresses, such as `localAddr`, in the overlay; undefined for other names. */
function ownAddressRole(name: string, overlay: string | undefined): PredicateRole | undefined {
  const prefix = overlay === undefined ? "" : `${overlay}.`;
  if (!name.startsWith(prefix)) return undefined;
  switch (name.slice(prefix.length)) {
    case LOCAL_ADDRESS:
      return { kind: "localAddr", overlay };
    case `${LOCAL_ADDRESS}${ADDRESSES_OF}`:
      return { kind: "addressesOf", overlay };
    case `${LOCAL_ADDRESS}${LOCAL_NAMES}`:
      return { kind: "localNames", overlay };
    case SELF:
      return overlay === undefined ? undefined : { kind: "self", overlay };
    case REBOUND:
      return { kind: "rebound", overlay };
    default:
      return undefined;
  }
}

/** The table `localAddr`. It holds one row: a new address replaces the old one. */
const localAddressSpec: Omit<TableSpec, "notifiesRefreshes"> = {
  lifetime: Infinity,
  size: 1,
  keys: [0],
  evict: { policy: "fifo" },
  indexes: [],
  derived: "none",
};

function tableSpec(table: TableDeclaration, derived: TableSpec["derived"], notifiesRefreshes: boolean): TableSpec {
  const { lifetime, size, keys, evict, endsAt, sizePer, hasExpiringDerivations } = table;
  return {
    lifetime,
    size,
    keys,
    evict,
    endsAt,
    sizePer,
    hasExpiringDerivations,
    indexes: [],
    derived,
    notifiesRefreshes,
  };
}

interface Accepted {
  readonly tuples: ReadonlySet<string>;
  readonly removals: ReadonlySet<string>;
}

/**
 * The tuples that a node accepts from the network. All others are dropped. A predicate with an `accept` has the rights that its `accept`
 * states. Of the others, a node accepts tuples that rules of the program send to other nodes, and events that rules read and no local rule
 * raises (in OverLog, all events that rules read).
 */
function acceptedFrom(core: CoreProgram, rebound: ReadonlySet<string>): Accepted {
  // Answers of inlined calls never leave the node.
  const sent = core.rules.filter(
    (rule) =>
      rule.head.location !== undefined &&
      rule.head.name.text !== PACKET_HEAD &&
      !core.answers.has(rule.head.name.text) &&
      !isForOwnNode(rule),
  );
  const raised = new Set(core.rules.map((rule) => rule.head.name.text));
  const external = core.rules.filter((rule) => isExternalEvent(rule, raised, rebound)).map((rule) => triggerForm(rule));
  const packets = core.rules.flatMap(sentPackets).map(({ name, args }) => `${name.text}/${args.length}`);
  const accepts = core.accepts.map((accept) => ({ ...accept, form: `${accept.name}/${accept.types.length}` }));
  const stated = new Set(accepts.map(({ form }) => form));
  const tuples = [...sent.filter((rule) => !rule.isDelete).map(headForm), ...packets, ...external];
  const removals = sent.filter((rule) => rule.isDelete).map(headForm);
  return {
    tuples: new Set([
      ...tuples.filter((form) => !stated.has(form)),
      ...accepts.filter((accept) => accept.insert).map(({ form }) => form),
    ]),
    removals: new Set([
      ...removals.filter((form) => !stated.has(form)),
      ...accepts.filter((accept) => accept.remove).map(({ form }) => form),
    ]),
  };
}

/** Whether the location of the head is a variable that the body reads from `localAddr`, so that the tuple never leaves the node. */
function isForOwnNode({ head: { location }, body }: CoreRule): boolean {
  if (location?.kind !== "variable") return false;
  return body.some((literal) => {
    if (!isPredicate(literal) || literal.negated || !isLocalAddressTable(literal.atom.name.text)) return false;
    const [own] = literal.atom.args;
    return own?.kind === "variable" && own.name === location.name;
  });
}

function headForm({ head }: CoreRule): string {
  return `${head.name.text}/${head.args.length}`;
}

/** Whether rules or facts write frames, or rules read or watch them. */
function usesTap({ rules, facts, watches }: CoreProgram): boolean {
  return (
    [...rules.map(({ head }) => head), ...facts.map(({ atom }) => atom)].some(({ name }) => name.text === TAP) ||
    rules.some((rule) => triggerForm(rule).startsWith(`${TAP}/`)) ||
    rules.some((rule) => sentPackets(rule).some(({ name }) => name.text === TAP)) ||
    watches.some(({ name }) => name === TAP)
  );
}

/** Whether rules or facts raise the event, or rules read it. */
function usesHead({ rules, facts }: CoreProgram, name: string, arity: number): boolean {
  const isRaised = [...rules.map(({ head }) => head), ...facts.map(({ atom }) => atom)].some(
    (atom) => atom.name.text === name,
  );
  return isRaised || rules.some((rule) => triggerForm(rule) === `${name}/${arity}`);
}

function triggerForm({ trigger }: CoreRule): string {
  if (trigger.kind === "maintained") return "";
  return `${trigger.literal.atom.name.text}/${trigger.literal.atom.args.length}`;
}

function isExternalEvent(
  { trigger, isOverlog }: CoreRule,
  raised: ReadonlySet<string>,
  rebound: ReadonlySet<string>,
): boolean {
  if (trigger.kind !== "event") return false;
  const name = trigger.literal.atom.name.text;
  return !isReserved(name) && !rebound.has(name) && (isOverlog || !raised.has(name));
}

function isReserved(name: string): boolean {
  const isOwn = [TUN, TAP, PERIODIC, SHUTDOWN, STREAM_CLOSED].includes(name) || socketEventNamed(name) !== undefined;
  return isOwn || name.includes("!") || /\.(send|recv)$/.test(name);
}

/** Reports predicates with the same hash in datagrams. */
export function wireCollisions(specs: readonly PredicateSpec[], core: CoreProgram): readonly Diagnostic[] {
  const owners = new Map<number, string>();
  return specs.flatMap((spec) =>
    [spec.wire.tuple, spec.wire.remove].flatMap((hash) => {
      const form = `${spec.name}/${spec.arity}`;
      const other = owners.get(hash);
      if (hash !== 0) owners.set(hash, form);
      if (hash === 0 || other === undefined || other === form) return [];
      const span = core.rules.find((rule) => rule.head.name.text === spec.name)?.span;
      return [report("E0236", span, { one: other, other: form })];
    }),
  );
}
