import { type ColumnType, typeBit } from "./column-type.ts";
import { type StreamCall, streamCalls } from "./stream-call.ts";
import { type UdpCall, udpCalls } from "./udp-call.ts";

/** View that the node itself answers: one socket call. */
export type SocketView =
  | { readonly kind: "tcp"; readonly call: StreamCall }
  | { readonly kind: "udp"; readonly call: UdpCall };

/**
 * Events in the life of a call, as they stand in predicate names. `init`: the call begins. `over`: its caller no longer waits.
 * `return`, `fail`: the outcome for a caller on this node. `answered`, `refused`: the outcome for a caller on another node, sent
 * there by a strand.
 */
export const socketEvents = ["init", "over", "return", "fail", "answered", "refused"] as const;

export type SocketEvent = (typeof socketEvents)[number];

export interface CallForm {
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  /** Names of the outputs. */
  readonly outputs: readonly string[];
}

const streamCallForms: Readonly<Record<StreamCall, CallForm>> = {
  listen: { inputs: ["Address"], outputs: ["Listener"] },
  accept: { inputs: ["Listener"], outputs: ["Socket", "Peer"] },
  connect: { inputs: ["Address"], outputs: ["Socket"] },
  read: { inputs: ["Socket", "Length"], outputs: ["Packet"] },
  write: { inputs: ["Socket", "Packet"], outputs: ["Size"] },
  shutdown: { inputs: ["Socket"], outputs: [] },
  close: { inputs: ["Socket"], outputs: [] },
};

const udpCallForms: Readonly<Record<UdpCall, CallForm>> = {
  open: { inputs: ["Address"], outputs: ["Socket"] },
  close: { inputs: ["Socket"], outputs: [] },
};

/** All socket calls, in the order in which the calls of one batch of events are performed. */
export const socketViews: readonly SocketView[] = [
  ...streamCalls.map((call) => ({ kind: "tcp", call }) as const),
  ...udpCalls.map((call) => ({ kind: "udp", call }) as const),
];

/** Name of the view, and of its edges in the graph: `tcp.read`. */
export function socketViewName({ kind, call }: SocketView): string {
  return `${kind}.${call}`;
}

export function callForm(view: SocketView): CallForm {
  return view.kind === "tcp" ? streamCallForms[view.call] : udpCallForms[view.call];
}

/** Type of an address: text, or `ip::"host:port"`. */
export const ADDRESS: ColumnType = typeBit("string") | typeBit("address");

/** Types of the inputs, by their names. */
const inputTypes: Readonly<Record<string, ColumnType>> = {
  Address: ADDRESS,
  Packet: typeBit("bytes") | typeBit("string"),
  Listener: typeBit("number"),
  Socket: typeBit("number"),
  Length: typeBit("number"),
};

/** Returns the types of the inputs of a socket call, `tcp.read`; nothing for the name of another view. */
export function inputTypesOf(name: string): readonly ColumnType[] {
  const view = socketViews.find((one) => socketViewName(one) === name);
  return view === undefined ? [] : callForm(view).inputs.map((input) => inputTypes[input] ?? 0);
}

/** The events of all calls, by predicate name. */
const byName: ReadonlyMap<string, SocketView & { readonly event: SocketEvent }> = new Map(
  socketViews.flatMap((view) =>
    socketEvents.map((event) => [`${socketViewName(view)}.${event}`, { ...view, event }] as const),
  ),
);

/** Returns the call and the event that a predicate name stands for, or undefined if it is no event of a socket call. */
export function socketEventNamed(name: string): (SocketView & { readonly event: SocketEvent }) | undefined {
  return byName.get(name);
}
