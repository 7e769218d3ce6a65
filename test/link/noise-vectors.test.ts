/**
 * Public test vectors of the Noise protocol framework, in noise-vectors.json. A vector whose pattern or primitives Mosaic does not have is
 * skipped by name; the last test counts the others.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AES_GCM, CHACHA_POLY, type CipherState, openWith, sealWith } from "../../runtime/link/noise-cipher.ts";
import {
  beginHandshake,
  isComplete,
  type NoiseHandshake,
  type NoiseProtocol,
  protocolName,
  readMessage,
  writeMessage,
} from "../../runtime/link/noise-handshake.ts";
import { BLAKE2S, SHA256 } from "../../runtime/link/noise-hash.ts";
import { IK, IK_PSK2, XX } from "../../runtime/link/noise-pattern.ts";
import { split } from "../../runtime/link/noise-symmetric-state.ts";
import { keyPairOf } from "../../runtime/link/x25519.ts";

interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_psks?: readonly string[];
  readonly init_static: string;
  readonly init_ephemeral: string;
  readonly init_remote_static?: string;
  readonly resp_prologue: string;
  readonly resp_psks?: readonly string[];
  readonly resp_static: string;
  readonly resp_ephemeral: string;
  readonly handshake_hash: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

const NOTHING = new Uint8Array(0);
const { vectors } = JSON.parse(readFileSync(new URL("noise-vectors.json", import.meta.url), "utf8")) as {
  readonly vectors: readonly Vector[];
};

const PROTOCOLS: ReadonlyMap<string, NoiseProtocol> = new Map(
  [IK, IK_PSK2, XX].flatMap((pattern) =>
    [CHACHA_POLY, AES_GCM].flatMap((cipher) =>
      [BLAKE2S, SHA256].map((hash): readonly [string, NoiseProtocol] => {
        const protocol = { pattern, cipher, hash };
        return [protocolName(protocol), protocol];
      }),
    ),
  ),
);

describe("vectors", () => {
  for (const vector of vectors) {
    const protocol = PROTOCOLS.get(vector.protocol_name);
    test.skipIf(protocol === undefined)(`${vector.protocol_name}`, () => {
      const [initiator, responder] = sidesOf(vector, protocol as NoiseProtocol);
      const handshakes = vector.messages.slice(0, initiator.protocol.pattern.messages.length);
      const ended = exchange(vector, initiator, responder, handshakes);
      expect(ended.map(isComplete)).toEqual([true, true]);
      expect(ended.map(({ symmetric }) => hex(symmetric.transcript))).toEqual([
        vector.handshake_hash,
        vector.handshake_hash,
      ]);
      expect(ended.map(({ symmetric }) => split(symmetric))[1]).toEqual(split(ended[0].symmetric));
      transport(ended[0], vector.messages.slice(handshakes.length), handshakes.length);
    });
  }

  test("12 of 12 are tested", () => {
    expect(vectors.length).toBe(12);
    expect(vectors.filter(({ protocol_name: name }) => PROTOCOLS.has(name)).length).toBe(12);
  });
});

function sidesOf(vector: Vector, protocol: NoiseProtocol): readonly [NoiseHandshake, NoiseHandshake] {
  const { init_psks: ours, resp_psks: theirs, init_remote_static: remote } = vector;
  return [
    beginHandshake({
      protocol,
      isInitiator: true,
      prologue: bytes(vector.init_prologue),
      staticKeys: keyPairOf(bytes(vector.init_static)),
      ...(remote === undefined ? {} : { remoteStatic: bytes(remote) }),
      ...(ours === undefined ? {} : { presharedKey: bytes(String(ours[0])) }),
    }),
    beginHandshake({
      protocol,
      isInitiator: false,
      prologue: bytes(vector.resp_prologue),
      staticKeys: keyPairOf(bytes(vector.resp_static)),
      ...(theirs === undefined ? {} : { presharedKey: bytes(String(theirs[0])) }),
    }),
  ];
}

/** Exchanges the messages of the handshake and compares each with that of the vector. */
function exchange(
  vector: Vector,
  initiator: NoiseHandshake,
  responder: NoiseHandshake,
  messages: Vector["messages"],
): readonly [NoiseHandshake, NoiseHandshake] {
  const sides: [NoiseHandshake, NoiseHandshake] = [initiator, responder];
  const ephemeral = [keyPairOf(bytes(vector.init_ephemeral)), keyPairOf(bytes(vector.resp_ephemeral))] as const;
  for (const [at, { payload, ciphertext }] of messages.entries()) {
    const [writer, reader] = at % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    const sent = writeMessage(sides[writer], ephemeral[writer], bytes(payload));
    expect(hex(sent?.bytes ?? NOTHING)).toBe(ciphertext);
    const received = readMessage(sides[reader], bytes(ciphertext));
    expect(hex(received?.bytes ?? NOTHING)).toBe(payload);
    sides[writer] = sent?.handshake as NoiseHandshake;
    sides[reader] = received?.handshake as NoiseHandshake;
  }
  return sides;
}

/** Seals and opens the messages after the handshake. The two sides go on taking turns. */
function transport({ protocol, symmetric }: NoiseHandshake, messages: Vector["messages"], done: number): void {
  const keys = split(symmetric);
  const counters = [0, 0];
  for (const [at, { payload, ciphertext }] of messages.entries()) {
    const writer = (done + at) % 2;
    const counter = counters[writer] as number;
    const state: CipherState = { cipher: protocol.cipher, key: keys[writer] as Uint8Array, counter };
    expect(hex(sealWith(state, NOTHING, bytes(payload)))).toBe(ciphertext);
    expect(hex(openWith(state, NOTHING, bytes(ciphertext)) ?? NOTHING)).toBe(payload);
    counters[writer] = counter + 1;
  }
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}
