/** What is due on a link. The times are those of WireGuard (Donenfeld, NDSS 2017), in seconds. */
import type { LinkState } from "../world/links.ts";
import type { Attempt, LinkedNode, Session } from "./linked-node.ts";

/** Seconds until an initiation is sent again. Chance adds up to RETRY_JITTER, so that two nodes that collide do not collide again. */
export const RETRY = 5;
export const RETRY_JITTER = 0.333;
/** After this time a node stops to send initiations to a peer that does not answer. */
const GIVE_UP = 90;
/** Age at which the initiator of a session renews it, at which the responder does, and at which it ends. */
const REKEY_AGE = 120;
const RESPONDER_REKEY_AGE = 150;
const SESSION_LIFETIME = 180;
/** Number of datagrams after which a session is renewed. */
const REKEY_DATAGRAMS = 2 ** 23;
/** Age of datagrams without an answer: a node then answers with an empty one, and takes the silence of a peer for a lost session. */
const KEEPALIVE = 10;
const SILENCE = 15;

/** Returns what is due for a handshake under way. */
export function dueOfAttempt({ retryAt, begunAt }: Attempt, now: number): "send again" | "give up" | undefined {
  if (now < retryAt) return undefined;
  return now - begunAt >= GIVE_UP ? "give up" : "send again";
}

export function isOver({ createdAt }: Session, now: number): boolean {
  return now - createdAt >= SESSION_LIFETIME;
}

/** Whether a node waits for the first datagram of the peer, which shows that it has the keys. */
export function isConfirming({ sessions }: LinkedNode, now: number): boolean {
  const latest = sessions.at(-1);
  return latest !== undefined && !latest.isInitiator && now - latest.createdAt < RETRY;
}

/** Returns since when datagrams have come from the peer and none has gone to it. Empty ones need no answer. */
export function unansweredSince(peer: LinkedNode, { sealedAt, openedAt }: LinkState, now: number): number | undefined {
  const hasCome = openedAt !== undefined && openedAt > Math.max(sealedAt ?? -Infinity, peer.keepaliveOpenedAt);
  return hasCome ? (peer.unansweredSince ?? now) : undefined;
}

export function isKeepaliveDue({ unansweredSince: since }: LinkedNode, now: number): boolean {
  return since !== undefined && now - since >= KEEPALIVE;
}

/** Returns since when datagrams have gone to the peer without an answer. Empty ones need none. */
export function silentSince(peer: LinkedNode, { sealedAt, openedAt }: LinkState, now: number): number | undefined {
  const isSilent = sealedAt !== undefined && sealedAt > Math.max(openedAt ?? -Infinity, peer.keepaliveSentAt);
  return isSilent ? (peer.silentSince ?? now) : undefined;
}

/** Whether the session that seals is to be renewed. */
export function isRekeyDue(
  { silentSince: since }: LinkedNode,
  session: Session,
  state: LinkState,
  now: number,
): boolean {
  const { sealedAt = -Infinity, openedAt = -Infinity, sealed } = state;
  const isOld = now - session.createdAt >= (session.isInitiator ? REKEY_AGE : RESPONDER_REKEY_AGE);
  const isUsed = now - Math.max(sealedAt, openedAt) < KEEPALIVE;
  const isLost = since !== undefined && now - since >= SILENCE;
  return (isOld && isUsed) || sealed >= REKEY_DATAGRAMS || isLost;
}
