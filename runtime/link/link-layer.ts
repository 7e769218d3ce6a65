/**
 * Keys of the links of a node. It agrees on a session with each peer that the node trusts, when there is something to send, and renews it;
 * the socket then seals and opens each datagram (world/links.ts).
 *
 *   datagram for a peer without a session → `unsealable` → it waits, and an initiation leaves
 *   initiation → `handshake` → the gate, the key, its owner → a response, and a session that seals once the peer has used it
 *   response → `handshake` → a session that seals at once, and the waiting datagrams leave
 *
 * Each second it looks what is due (link-timers.ts): initiations that are sent again, sessions that are renewed or end, and empty
 * datagrams to peers that have got no answer. Nothing that a stranger sends costs more than the gate allows, or is kept.
 */
import type { LinkedPeer, LinkEvents, LinkFigures, Links, LinkState } from "../world/links.ts";
import type { Clock, Timer } from "../world/world.ts";
import { HEADER_BYTES, writeHeader } from "../wire/header.ts";
import { faultAt, type Trust } from "./certificate-check.ts";
import type { Certificate } from "./certificate.ts";
import { HandshakeGate } from "./handshake-gate.ts";
import {
  NO_SECRET,
  type DatagramKeys,
  readInitiation,
  type ReadInitiation,
  readResponse,
  type Side,
  writeInitiation,
  writeResponse,
} from "./handshake-keys.ts";
import {
  type Authenticated,
  type CookieReply,
  decodeMessage,
  encodeMessage,
  type Initiation,
  type Response,
} from "./handshake-message.ts";
import type { SessionCipher } from "./handshake-payload.ts";
import { countRefused, type LinkLayerCounts, newLinkLayerCounts, type LinkRefusal } from "./link-counts.ts";
import {
  dueOfAttempt,
  isConfirming,
  isKeepaliveDue,
  isOver,
  isRekeyDue,
  RETRY,
  RETRY_JITTER,
  silentSince,
  unansweredSince,
} from "./link-timers.ts";
import { type LinkedNode, newLinkedNode, type PinnedPeer, type StagedDatagram } from "./linked-node.ts";
import { type Mac, mac1Key, openCookie, withAuthenticators } from "./message-authenticators.ts";
import { PeerTable } from "./peer-table.ts";
import { identify } from "./peer-trust.ts";
import { type KeyPair, keyPairOf } from "./x25519.ts";

/** Who a node is. */
export interface LinkIdentity {
  readonly keys: KeyPair;
  /** The certificate of this node and whom it trusts; undefined for a node with pinned peers only. */
  readonly membership: Membership | undefined;
}

export interface Membership {
  readonly certificate: Uint8Array;
  readonly trust: Trust;
}

/** The environment of the link layer. */
export interface LinkWorld {
  readonly clock: Clock;
  /** Returns seconds since 1970. */
  readonly wallTime: () => number;
  /** Returns unpredictable bytes. */
  readonly random: (length: number) => Uint8Array;
  readonly mac: Mac;
  /** Whether the processor has instructions for AES. */
  readonly hasAes: boolean;
  readonly links: Links;
  /** Sends a message of the handshake, as it is, to a `host:port`. Returns false if the name of the host is still being resolved. */
  readonly sendHandshake: (to: string, bytes: Uint8Array) => boolean;
  /** Sends a datagram to a peer, sealed. */
  readonly send: (to: string, bytes: Uint8Array, trafficClass: number) => void;
}

/** Seconds between two looks at what is due. */
const TICK = 1;
/** Datagrams that wait for a session: their number for one peer, and their bytes for all. */
const STAGED_MAX = 128;
const STAGED_BYTES_MAX = 4 * 1024 * 1024;
const COOKIE_LIFETIME = 120;
/** Number of answers to one initiation that are read: others than the peer may have sent them. */
const RESPONSES_MAX = 16;
/** Seconds in which two initiations that cross count as simultaneous. */
const CROSSING = 1;
const MS = 1000;

export class LinkLayer implements LinkEvents {
  readonly counts: LinkLayerCounts = newLinkLayerCounts();
  readonly #identity: LinkIdentity;
  readonly #world: LinkWorld;
  readonly #gate: HandshakeGate;
  readonly #peers = new PeerTable();
  #trust: Trust | undefined;
  #stagedBytes = 0;
  /** Time of the latest hello of this node, in milliseconds since 1970. It ascends even if the clock is set back. */
  #helloTime = 0;
  #timer: Timer | undefined;

  constructor(identity: LinkIdentity, world: LinkWorld) {
    this.#identity = identity;
    this.#world = world;
    this.#trust = identity.membership?.trust;
    this.#gate = new HandshakeGate(identity.keys.publicKey, world.mac, world.random);
    world.links.setMacKey(mac1Key(identity.keys.publicKey));
    world.links.onEvents(this);
    this.#schedule();
  }

  /** Trusts a key that the user has given. A second peer with the same key is another name of the first: the last one stays. */
  pin(peer: PinnedPeer): void {
    this.#keep(newLinkedNode(peer, { isPinned: true, certificate: undefined }));
  }

  /**
   * Begins a handshake with a member of which only key and address are known. Its name is the one in its certificate. Until then this node
   * knows it by its address.
   */
  introduce({ key, endpoint }: { readonly key: Uint8Array; readonly endpoint: string }): void {
    if (this.#peers.ofKey(key) !== undefined) return;
    const peer = newLinkedNode({ name: endpoint, key, endpoint }, { isPinned: false, certificate: undefined });
    this.#keep(peer);
    this.#initiate(peer);
  }

  /** Tells the link layer of revocations. Links of members that are revoked end. */
  trustFrom(trust: Trust): void {
    this.#trust = trust;
    this.#dropUntrusted();
  }

  /** Shows all peers where this node is now, by an empty datagram each. To be called when the addresses of the host have changed. */
  moved(): void {
    for (const peer of this.#peers.all) if (this.#canSeal(peer)) this.#sendKeepalive(peer);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Names of the peers that the node has a key of, with the certificate if there is one, and the endpoint if there is a link. */
  get peers(): readonly {
    readonly name: string;
    readonly key: Uint8Array;
    readonly certificate: Certificate | undefined;
    readonly endpoint: string | undefined;
  }[] {
    return this.#peers.all.map((peer) => {
      const state = peer.linked && this.#world.links.state(peer.linked);
      return { name: peer.name, key: peer.key, certificate: peer.certificate, endpoint: state?.endpoint };
    });
  }

  get figures(): LinkFigures {
    const { sealed, opened, forged, replayed, unknownKey, unsealed, wrongMac, overrun } = this.#world.links.counts;
    const refused = new Map<string, number>(this.counts.refused);
    const ofAddon = {
      forged,
      replayed,
      "unknown key id": unknownKey,
      "not sealed": unsealed,
      "wrong mac1": wrongMac,
      overrun,
    };
    for (const [why, number] of Object.entries(ofAddon))
      if (number > 0) refused.set(why, (refused.get(why) ?? 0) + number);
    const { established, cookies } = this.counts;
    return { sealed, opened, sessions: established, cookies, refused };
  }

  // Events of the socket

  handshake(bytes: Uint8Array, from: string): void {
    const received = decodeMessage(bytes);
    if (received === undefined) return this.#refuse("not authentic");
    const { message } = received;
    switch (message.kind) {
      case "initiation":
        return this.#onInitiation({ ...received, message }, from);
      case "response":
        return this.#onResponse(message, from);
      case "cookie reply":
        return this.#onCookie(message);
    }
  }

  unsealable(to: string, bytes: Uint8Array, trafficClass: number): void {
    const peer = this.#peers.ofName(to);
    if (peer === undefined) return this.#refuse("no key");
    if (peer.staged.length === STAGED_MAX) {
      this.#stagedBytes -= peer.staged.shift()?.bytes.length ?? 0;
      this.#refuse("no session");
    }
    if (this.#stagedBytes + bytes.length > STAGED_BYTES_MAX) this.#refuse("no session");
    else {
      this.#stagedBytes += bytes.length;
      peer.staged.push({ bytes, trafficClass });
    }
    if (peer.attempt === undefined && !isConfirming(peer, this.#now())) this.#initiate(peer);
  }

  changed(): void {
    for (const peer of this.#peers.all) this.#sendStaged(peer);
  }

  keepalive({ name }: LinkedPeer): void {
    const peer = this.#peers.ofName(name);
    if (peer !== undefined) peer.keepaliveOpenedAt = this.#now();
  }

  // Handshakes that this node begins

  /** Sends an initiation. A series of them begins with the first, and ends with a response or after `GIVE_UP`. */
  #initiate(peer: LinkedNode): void {
    const now = this.#now();
    const before = peer.attempt;
    const endpoint = this.#endpointOf(peer, before?.number ?? 0);
    if (endpoint === undefined) return this.#giveUp(peer);
    const ephemeral = keyPairOf(this.#world.random(NO_SECRET.length));
    const hello = {
      time: this.#nextHelloTime(),
      hasAes: this.#world.hasAes,
      certificate: this.#certificateFor(peer),
      invitation: undefined,
    };
    const written = writeInitiation(this.#sideFor(peer), peer.key, NO_SECRET, ephemeral, hello);
    if (written === undefined) return this.#giveUp(peer);
    const id = this.#newId();
    const covered = encodeMessage({ kind: "initiation", sender: id, noise: written.noise });
    const { bytes, mac1 } = withAuthenticators(this.#world.mac, covered, peer.key, this.#cookieFor(peer, now));
    peer.responsesRead = 0;
    const isSent = this.#world.sendHandshake(endpoint, bytes);
    this.#peers.setAttempt(peer, {
      handshake: written.handshake,
      id,
      mac1,
      sentAt: now,
      retryAt: now + (isSent ? RETRY + RETRY_JITTER * this.#chance() : TICK),
      number: (before?.number ?? 0) + 1,
      begunAt: before?.begunAt ?? now,
    });
  }

  /** The peer may have moved, or its link may have followed an attacker on the path: every second message goes where the user said. */
  #endpointOf(peer: LinkedNode, number: number): string | undefined {
    const latest = peer.linked && this.#world.links.state(peer.linked)?.endpoint;
    const [first, second] = number % 2 === 0 ? [latest, peer.endpoint] : [peer.endpoint, latest];
    return first ?? second;
  }

  #onResponse({ sender, receiver, noise }: Response, from: string): void {
    const peer = this.#peers.ofAttempt(receiver);
    if (peer?.attempt === undefined || peer.responsesRead === RESPONSES_MAX) return this.#refuse("not authentic");
    peer.responsesRead++;
    const read = readResponse(peer.attempt.handshake, noise);
    if (read === undefined) return this.#refuse("not authentic");
    const { id } = peer.attempt;
    const owner = this.#ownerOf(peer, read.welcome.certificate);
    if (typeof owner === "string") return this.#refuse(owner);
    const linked = this.#world.links.add(owner.name, from);
    if (linked === undefined) return this.#refuse("too many links");
    owner.linked = linked;
    this.#peers.setAttempt(owner, undefined);
    const session = { id, peerId: sender, cipher: read.welcome.cipher, keys: read.keys, isInitiator: true };
    if (!this.#addSession(owner, session)) return;
    // The peer seals with the session once it has opened a datagram of it.
    if (owner.staged.length === 0) this.#sendKeepalive(owner);
    this.#sendStaged(owner);
  }

  /** Returns the owner of a key that has answered: the peer itself, or the member whose name its certificate tells. */
  #ownerOf(peer: LinkedNode, certificate: Uint8Array | undefined): LinkedNode | LinkRefusal {
    return peer.isPinned ? peer : this.#member(peer.key, peer.endpoint, certificate);
  }

  #onCookie(reply: CookieReply): void {
    const peer = this.#peers.ofAttempt(reply.receiver);
    if (peer?.attempt === undefined) return this.#refuse("not authentic");
    const bytes = openCookie(peer.key, peer.attempt.mac1, reply);
    if (bytes === undefined) return this.#refuse("not authentic");
    peer.cookie = { bytes, until: this.#now() + COOKIE_LIFETIME };
  }

  #cookieFor({ cookie }: LinkedNode, now: number): Uint8Array | undefined {
    return cookie !== undefined && now < cookie.until ? cookie.bytes : undefined;
  }

  #giveUp(peer: LinkedNode): void {
    this.#peers.setAttempt(peer, undefined);
    this.#refuse("no session", this.#takeStaged(peer).length);
  }

  #nextHelloTime(): number {
    this.#helloTime = Math.max(this.#helloTime + 1, Math.floor(this.#world.wallTime() * MS));
    return this.#helloTime;
  }

  // Handshakes that a peer begins

  #onInitiation(received: Authenticated & { readonly message: Initiation }, from: string): void {
    const now = this.#now();
    if (!this.#passes(received, from, now)) return;
    const { message } = received;
    const read = this.#read(message.noise);
    if (read === undefined) return this.#refuse("not authentic");
    const peer = this.#peerOf(read);
    if (typeof peer === "string") return this.#refuse(peer);
    if (read.hello.time <= peer.helloTime) return this.#refuse("replayed");
    if (this.#isOursFirst(peer, now)) return;
    this.#answer(peer, read, message.sender, from);
  }

  #passes(received: Authenticated & { readonly message: Initiation }, from: string, now: number): boolean {
    const verdict = this.#gate.admit(received, from, now);
    if (verdict === "pass") return true;
    if (verdict === "drop") this.#refuse("busy");
    else {
      this.counts.cookies++;
      this.#world.sendHandshake(from, verdict);
    }
    return false;
  }

  /** A member's message is bound to the network, the message of a pinned peer to none. */
  #read(noise: Uint8Array): ReadInitiation | undefined {
    const { keys } = this.#identity;
    const network = this.#trust?.network;
    const asMember = network && readInitiation({ keys, network }, noise);
    return asMember ?? readInitiation({ keys, network: undefined }, noise);
  }

  /** Returns the peer with the key of an initiation, or why there is none. */
  #peerOf({ key, hello }: ReadInitiation): LinkedNode | LinkRefusal {
    const known = this.#peers.ofKey(key);
    return known?.isPinned === true ? known : this.#member(key, known?.endpoint, hello.certificate);
  }

  /** Returns the member with a key, or why there is none. A member that was unknown so far, or had another name, is added. */
  #member(key: Uint8Array, endpoint: string | undefined, bytes: Uint8Array | undefined): LinkedNode | LinkRefusal {
    const identified = identify(key, bytes, this.#trust, this.#world.wallTime());
    if (!identified.ok) return identified.why;
    const { name, certificate } = identified;
    const known = this.#peers.ofKey(key);
    if (known?.name === name) {
      known.certificate = certificate;
      return known;
    }
    const namesake = this.#peers.ofName(name);
    if (namesake !== undefined && !isReplaced(namesake, certificate)) return "another key";
    const added = newLinkedNode(
      { name, key, endpoint: endpoint ?? namesake?.endpoint },
      { isPinned: false, certificate },
    );
    this.#keep(added);
    return added;
  }

  /** When both nodes begin at once, one of the two handshakes goes on, on both sides the one of the node with the lesser key. */
  #isOursFirst(peer: LinkedNode, now: number): boolean {
    const { attempt } = peer;
    if (attempt === undefined || attempt.number > 1 || now - attempt.sentAt > CROSSING) return false;
    return Buffer.compare(this.#identity.keys.publicKey, peer.key) < 0;
  }

  #answer(peer: LinkedNode, read: ReadInitiation, peerId: number, from: string): void {
    const cipher: SessionCipher = read.hello.hasAes && this.#world.hasAes ? "aes-256-gcm" : "chacha20-poly1305";
    const certificate = this.#certificateFor(peer);
    const ephemeral = keyPairOf(this.#world.random(NO_SECRET.length));
    const written = writeResponse(read, NO_SECRET, ephemeral, { cipher, certificate });
    if (written === undefined) return this.#refuse("not authentic");
    const linked = this.#world.links.add(peer.name, from);
    if (linked === undefined) return this.#refuse("too many links");
    peer.linked = linked;
    peer.helloTime = read.hello.time;
    this.#peers.setAttempt(peer, undefined);
    const id = this.#newId();
    if (!this.#addSession(peer, { id, peerId, cipher, keys: written.keys, isInitiator: false })) return;
    const covered = encodeMessage({ kind: "response", sender: id, receiver: peerId, noise: written.noise });
    const { bytes } = withAuthenticators(this.#world.mac, covered, peer.key, this.#cookieFor(peer, this.#now()));
    this.#world.sendHandshake(from, bytes);
  }

  // Sessions

  #addSession(peer: LinkedNode, { id, peerId, cipher, keys, isInitiator }: NewSession): boolean {
    const { links } = this.#world;
    const linked = peer.linked as LinkedPeer;
    const session = { id, peerId, cipher, ...keys, isConfirmed: isInitiator };
    if (links.addSession(linked, session) === "ENOSPC") {
      this.#endOldest(peer);
      if (links.addSession(linked, session) !== undefined) return false;
    }
    peer.sessions = [...peer.sessions, { id, isInitiator, createdAt: this.#now() }];
    this.counts.established++;
    return true;
  }

  /** Ends the oldest session of a peer that does not seal. */
  #endOldest(peer: LinkedNode): void {
    const sealing = peer.linked && this.#world.links.state(peer.linked)?.id;
    const oldest = peer.sessions.find(({ id }) => id !== sealing);
    if (oldest !== undefined) this.#endSession(peer, oldest.id);
  }

  #endSession(peer: LinkedNode, ended: number): void {
    this.#world.links.removeSession(ended);
    peer.sessions = peer.sessions.filter(({ id }) => id !== ended);
  }

  #sendStaged(peer: LinkedNode): void {
    if (peer.staged.length === 0 || !this.#canSeal(peer)) return;
    for (const datagram of this.#takeStaged(peer)) this.#world.send(peer.name, datagram.bytes, datagram.trafficClass);
  }

  #takeStaged(peer: LinkedNode): readonly StagedDatagram[] {
    const { staged } = peer;
    for (const { bytes } of staged) this.#stagedBytes -= bytes.length;
    peer.staged = [];
    return staged;
  }

  #canSeal({ linked }: LinkedNode): boolean {
    return linked !== undefined && this.#world.links.state(linked)?.id !== undefined;
  }

  #sendKeepalive(peer: LinkedNode): void {
    const empty = new Uint8Array(HEADER_BYTES);
    writeHeader(empty, 0);
    peer.keepaliveSentAt = this.#now();
    this.#world.send(peer.name, empty, 0);
  }

  // Timers

  #schedule(): void {
    this.#timer = this.#world.clock.at(this.#now() + TICK, () => {
      this.#dropUntrusted();
      for (const peer of this.#peers.all) this.#tick(peer);
      this.#schedule();
    });
  }

  #tick(peer: LinkedNode): void {
    const now = this.#now();
    const due = peer.attempt && dueOfAttempt(peer.attempt, now);
    if (due === "give up") this.#giveUp(peer);
    if (due === "send again") this.#initiate(peer);
    for (const session of peer.sessions) if (isOver(session, now)) this.#endSession(peer, session.id);
    const state = peer.linked && this.#world.links.state(peer.linked);
    if (state !== undefined) this.#keepUp(peer, state, now);
  }

  /** Keeps a link with a session up. */
  #keepUp(peer: LinkedNode, state: LinkState, now: number): void {
    const session = peer.sessions.find(({ id }) => id === state.id);
    if (session === undefined) return;
    peer.unansweredSince = unansweredSince(peer, state, now);
    if (isKeepaliveDue(peer, now)) this.#sendKeepalive(peer);
    peer.silentSince = silentSince(peer, state, now);
    if (peer.attempt !== undefined || !isRekeyDue(peer, session, state, now)) return;
    peer.silentSince = undefined;
    this.#initiate(peer);
  }

  /** Ends the links of members whose certificates are no longer valid. */
  #dropUntrusted(): void {
    const trust = this.#trust;
    if (trust === undefined) return;
    const wall = this.#world.wallTime();
    for (const peer of this.#peers.all) {
      if (peer.certificate === undefined) continue;
      const fault = faultAt(peer.certificate, trust.revocations, wall);
      if (fault === undefined) continue;
      this.#refuse(fault === "revoked" ? "revoked certificate" : "expired certificate");
      this.#forget(peer);
    }
  }

  // Peers

  /** Adds a peer. It replaces those of the same name and the same key. */
  #keep(peer: LinkedNode): void {
    for (const known of [this.#peers.ofName(peer.name), this.#peers.ofKey(peer.key)])
      if (known !== undefined) this.#forget(known);
    this.#peers.add(peer);
  }

  #forget(peer: LinkedNode): void {
    this.#giveUp(peer);
    this.#peers.remove(peer);
    if (peer.linked !== undefined) this.#world.links.remove(peer.linked);
  }

  #sideFor({ isPinned }: LinkedNode): Side {
    return { keys: this.#identity.keys, network: isPinned ? undefined : this.#trust?.network };
  }

  #certificateFor({ isPinned }: LinkedNode): Uint8Array | undefined {
    return isPinned ? undefined : this.#identity.membership?.certificate;
  }

  /** Returns an unpredictable key id that no handshake has. */
  #newId(): number {
    for (;;) {
      const id = Buffer.from(this.#world.random(4)).readUInt32BE();
      if (id !== 0 && this.#peers.ofAttempt(id) === undefined) return id;
    }
  }

  #chance(): number {
    return Buffer.from(this.#world.random(4)).readUInt32BE() / 2 ** 32;
  }

  #now(): number {
    return this.#world.clock.now();
  }

  #refuse(why: LinkRefusal, number: number = 1): void {
    countRefused(this.counts, why, number);
  }
}

interface NewSession {
  readonly id: number;
  readonly peerId: number;
  readonly cipher: SessionCipher;
  readonly keys: DatagramKeys;
  readonly isInitiator: boolean;
}

/** Whether the certificate of another key takes over the name of a peer: the network has issued it later. */
function isReplaced({ isPinned, certificate: before }: LinkedNode, { generation, notBefore }: Certificate): boolean {
  if (isPinned || before === undefined) return false;
  return generation > before.generation || (generation === before.generation && notBefore > before.notBefore);
}
