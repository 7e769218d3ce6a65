import type { Tuple } from "../plan/values/packet.ts";
import type { Value } from "../plan/values/value.ts";

/** Who sent a tuple. */
export interface Sender {
  /** Authenticated name. Undefined if the sender is unknown, as it is on links without keys and inside a packet of an overlay. */
  readonly principal: string | undefined;
  /** Name of the peer on links with keys, otherwise the address that the datagram came from, which is not authenticated. */
  readonly source: Value;
}

/** Names of the senders that links with keys authenticate. */
export interface SenderNames {
  /** Returns the names that a sender may use: that of its certificate, and the addresses that it announced under its key. */
  namesOf(principal: string): readonly Value[];
}

/** Why a tuple is not admitted from its sender. */
export type SenderRefusal = "wrong sender" | "over rate";

/** Decides what a sender may send, and how much of it. */
export interface SenderAdmission {
  /** Returns why the tuple is refused; undefined if it is not. Counts the tuple for the sender. */
  refusal(tuple: Tuple, sender: Sender): SenderRefusal | undefined;
}
