/**
 * Messages of the handshake as they travel (docs/wire.md). Message codecs only: link-layer.ts says when they are sent, and
 * handshake-keys.ts what is inside. They come from strangers, so every function returns for any bytes.
 */
import { HEADER_BYTES, headerRefusal, writeHeader } from "../wire/header.ts";

/** Flag of a datagram that is a message of the handshake. */
const HANDSHAKE_FLAG = 8;
export const MAC_BYTES = 16;
const COOKIE_BYTES = 32;
export const COOKIE_NONCE_BYTES = 12;

const INITIATION = 1;
const RESPONSE = 2;
const COOKIE_REPLY = 3;
const TYPE_AT = HEADER_BYTES;
const IDS_AT = TYPE_AT + 1;
const ID_BYTES = 4;
const MACS_BYTES = 2 * MAC_BYTES;
const SEALED_COOKIE_BYTES = COOKIE_BYTES + 16;
const COOKIE_REPLY_BYTES = IDS_AT + ID_BYTES + COOKIE_NONCE_BYTES + SEALED_COOKIE_BYTES;

/** First message. `sender` is the key id of datagrams to the initiator. */
export interface Initiation {
  readonly kind: "initiation";
  readonly sender: number;
  /** Message of the Noise protocol. */
  readonly noise: Uint8Array;
}

/** Second message. `sender` is the key id of datagrams to the responder, `receiver` that of the initiation. */
export interface Response {
  readonly kind: "response";
  readonly sender: number;
  readonly receiver: number;
  readonly noise: Uint8Array;
}

/** Answer of a busy node. It gives the sender of a message a cookie, with which to send it again. */
export interface CookieReply {
  readonly kind: "cookie reply";
  readonly receiver: number;
  readonly nonce: Uint8Array;
  /** Cookie and tag. */
  readonly sealed: Uint8Array;
}

export type HandshakeMessage = Initiation | Response | CookieReply;

/** An initiation or response with its authenticators. */
export interface Authenticated {
  readonly message: HandshakeMessage;
  /** The bytes that mac1 covers. Empty for a cookie reply, as the authenticators. */
  readonly covered: Uint8Array;
  readonly mac1: Uint8Array;
  readonly mac2: Uint8Array;
}

/** Encodes a message, without its authenticators. */
export function encodeMessage(message: HandshakeMessage): Uint8Array {
  const [type, ids, parts] = contentOf(message);
  const head = new Uint8Array(IDS_AT + ID_BYTES * ids.length);
  writeHeader(head, HANDSHAKE_FLAG);
  head[TYPE_AT] = type;
  const view = new DataView(head.buffer);
  for (const [at, id] of ids.entries()) view.setUint32(IDS_AT + ID_BYTES * at, id);
  return Buffer.concat([head, ...parts]);
}

function contentOf(message: HandshakeMessage): readonly [number, readonly number[], readonly Uint8Array[]] {
  switch (message.kind) {
    case "initiation":
      return [INITIATION, [message.sender], [message.noise]];
    case "response":
      return [RESPONSE, [message.sender, message.receiver], [message.noise]];
    case "cookie reply":
      return [COOKIE_REPLY, [message.receiver], [message.nonce, message.sealed]];
  }
}

/** Decodes a message. Undefined if the bytes are none. The authenticators are not checked. */
export function decodeMessage(bytes: Uint8Array): Authenticated | undefined {
  if (!isHandshake(bytes)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = bytes[TYPE_AT];
  if (type === COOKIE_REPLY) return cookieReplyIn(bytes, view);
  const ids = type === INITIATION ? 1 : type === RESPONSE ? 2 : 0;
  const noiseAt = IDS_AT + ID_BYTES * ids;
  const noiseEnd = bytes.length - MACS_BYTES;
  if (ids === 0 || noiseEnd < noiseAt) return undefined;
  const noise = bytes.slice(noiseAt, noiseEnd);
  const sender = view.getUint32(IDS_AT);
  const message: HandshakeMessage =
    ids === 1
      ? { kind: "initiation", sender, noise }
      : { kind: "response", sender, receiver: view.getUint32(IDS_AT + ID_BYTES), noise };
  if (sender === 0) return undefined;
  return {
    message,
    covered: bytes.slice(0, noiseEnd),
    mac1: bytes.slice(noiseEnd, noiseEnd + MAC_BYTES),
    mac2: bytes.slice(noiseEnd + MAC_BYTES),
  };
}

function isHandshake(bytes: Uint8Array): boolean {
  if (bytes.length < IDS_AT + ID_BYTES || bytes[HEADER_BYTES - 1] !== HANDSHAKE_FLAG) return false;
  return headerRefusal(bytes) === "reserved flag";
}

function cookieReplyIn(bytes: Uint8Array, view: DataView): Authenticated | undefined {
  if (bytes.length !== COOKIE_REPLY_BYTES) return undefined;
  const nonceAt = IDS_AT + ID_BYTES;
  const sealedAt = nonceAt + COOKIE_NONCE_BYTES;
  const message: CookieReply = {
    kind: "cookie reply",
    receiver: view.getUint32(IDS_AT),
    nonce: bytes.slice(nonceAt, sealedAt),
    sealed: bytes.slice(sealedAt),
  };
  return { message, covered: NOTHING, mac1: NOTHING, mac2: NOTHING };
}

const NOTHING = new Uint8Array(0);
