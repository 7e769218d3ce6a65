import { STREAM_CLOSED } from "../../runtime/plan/values/stream-call.ts";

/** Predicate that the engine provides. Built-ins are never qualified, except `localAddr`, which each overlay instance has. */
export interface Builtin {
  readonly name: string;
  readonly minArity: number;
  readonly maxArity: number;
}

/** Head `packet@To(P)`, which sends the tuple in P to To. Programs write `packet`; they may also have a predicate of that name. */
export const PACKET_HEAD = "packet@";

const builtins: ReadonlyMap<string, Builtin> = new Map(
  [
    { name: "periodic", minArity: 2, maxArity: 5 },
    { name: "tun", minArity: 1, maxArity: 5 },
    { name: "shutdown", minArity: 0, maxArity: 0 },
    { name: STREAM_CLOSED, minArity: 1, maxArity: 1 },
    { name: PACKET_HEAD, minArity: 1, maxArity: 1 },
  ].map((builtin) => [builtin.name, builtin]),
);

export function builtinNamed(name: string): Builtin | undefined {
  return builtins.get(name);
}

export const PERIODIC = "periodic";
export const TUN = "tun";
/** Raised once, when the node is asked to shut down. */
export const SHUTDOWN = "shutdown";
export const LOCAL_ADDRESS = "localAddr";

/** Returns the name of the `localAddr` table of an overlay instance, or of the node. */
export function localAddressTable(overlay: string | undefined): string {
  return overlay === undefined ? LOCAL_ADDRESS : `${overlay}.${LOCAL_ADDRESS}`;
}

export function isLocalAddressTable(name: string): boolean {
  return name === LOCAL_ADDRESS || name.endsWith(`.${LOCAL_ADDRESS}`);
}
