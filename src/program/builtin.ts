import { ELSE } from "../../runtime/plan/values/location.ts";
import { STREAM_CLOSED } from "../../runtime/plan/values/stream-call.ts";
import { UDP_RECV, UDP_SEND } from "../../runtime/plan/values/udp-call.ts";

/**
 * Predicate that the engine provides. Its name gets no overlay prefix. Tables such as `localAddr`, which each overlay instance has, are not
 * among them.
 */
export interface Builtin {
  readonly name: string;
  readonly minArity: number;
  readonly maxArity: number;
}

/**
 * Head `packet@To(P)`, which sends the tuple in P to To. Programs write the head as `packet@To(P)`; they may also have a predicate of their
 * own that is named `packet`.
 */
export const PACKET_HEAD = "packet@";

/**
 * Event and head `tap(Frame, Source, Dest, Type, Device)` of Ethernet frames, which programs write as `tap`. A program may also have a
 * predicate of its own that is named `tap`.
 */
export const TAP = "tap@";
export const TAP_TEXT = "tap";

/** The event `else.send(Address, Packet)` of a tuple for an overlay that is not loaded. */
export const ELSE_SEND: string = `${ELSE}.send`;

/** Table `overlays(Name)` of the loaded overlays. A program may have a predicate of its own of that name. */
export const OVERLAYS = "overlays";

/** Table `hostAddr(Device, Ip)` of the addresses of the host. A program may have a predicate of its own of that name. */
export const HOST_ADDRESS = "hostAddr";

/** Suffix of the name of the hidden table from which `hostAddr` gets its rows. The node fills the hidden table. */
export const OF_HOST = "?host";

/** Table `localAddrs(A)` of all addresses of an overlay instance. It exists only in programs that read it. */
export const LOCAL_ADDRESSES = "localAddrs";

/** Table `ron.self(A)` of the names of this node in an overlay. */
export const SELF = "self";

/** Event `rebound(Old, New)` of an instance whose address has changed. */
export const REBOUND = "rebound";

const builtins: ReadonlyMap<string, Builtin> = new Map(
  [
    { name: "periodic", minArity: 2, maxArity: 5 },
    { name: "tun", minArity: 1, maxArity: 6 },
    { name: TAP, minArity: 1, maxArity: 5 },
    { name: "shutdown", minArity: 0, maxArity: 0 },
    { name: STREAM_CLOSED, minArity: 1, maxArity: 1 },
    { name: PACKET_HEAD, minArity: 1, maxArity: 1 },
    { name: ELSE_SEND, minArity: 2, maxArity: 2 },
    { name: UDP_RECV, minArity: 3, maxArity: 3 },
    { name: UDP_SEND, minArity: 3, maxArity: 3 },
  ].map((builtin) => [builtin.name, builtin]),
);

export function builtinNamed(name: string): Builtin | undefined {
  return builtins.get(name);
}

export const PERIODIC = "periodic";
export const TUN = "tun";
/** Event that the node raises once, when it is asked to shut down. */
export const SHUTDOWN = "shutdown";
export const LOCAL_ADDRESS = "localAddr";

/** Returns the name of the `localAddr` table of an overlay instance, or of the node. */
export function localAddressTable(overlay: string | undefined): string {
  return overlay === undefined ? LOCAL_ADDRESS : `${overlay}.${LOCAL_ADDRESS}`;
}

/** Suffix of the name of the hidden table with all addresses that rules over tables derive for a `localAddr`. */
export const ADDRESSES_OF = "?of";

/** Suffix of the name of the hidden table with the endpoint names of an overlay instance. */
export const LOCAL_NAMES = "?names";

export function isLocalAddressTable(name: string): boolean {
  return name === LOCAL_ADDRESS || name.endsWith(`.${LOCAL_ADDRESS}`);
}

/** Returns the overlay of the table `ron.localAddr`; undefined for other names, and for the table of the node. */
export function overlayOfAddressTable(name: string): string | undefined {
  return name.endsWith(`.${LOCAL_ADDRESS}`) ? name.slice(0, -LOCAL_ADDRESS.length - 1) : undefined;
}

/** Whether only the node itself raises the event. */
export function isRaisedByNode(name: string): boolean {
  return name === SHUTDOWN || name === STREAM_CLOSED || name === ELSE_SEND || name === UDP_RECV;
}
