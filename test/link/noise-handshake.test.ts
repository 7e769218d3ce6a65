import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AES_GCM, CHACHA_POLY, openBytes } from "../../runtime/link/noise-cipher.ts";
import {
  beginHandshake,
  isComplete,
  type NoiseHandshake,
  type NoiseProtocol,
  type NoiseStep,
  readMessage,
  writeMessage,
} from "../../runtime/link/noise-handshake.ts";
import { BLAKE2S, SHA256 } from "../../runtime/link/noise-hash.ts";
import { IK, IK_PSK2, type NoisePattern, XX } from "../../runtime/link/noise-pattern.ts";
import { initialState, split } from "../../runtime/link/noise-symmetric-state.ts";
import { type KeyPair, keyPairOf, sharedSecret } from "../../runtime/link/x25519.ts";

const NOTHING = new Uint8Array(0);
const HELLO = Uint8Array.from(Buffer.from("hello"));
const ALICE = pair(1);
const BOB = pair(2);
const EVE = pair(3);
const EPHEMERAL_OF_ALICE = pair(11);
const EPHEMERAL_OF_BOB = pair(12);
const PSK = new Uint8Array(32).fill(5);

describe("X25519", () => {
  test("gives both sides the same secret, of RFC 7748, 6.1", () => {
    const alice = keyPairOf(bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
    const bob = keyPairOf(bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
    const shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    expect(hex(alice.publicKey)).toBe("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    expect(hex(sharedSecret(alice, bob.publicKey))).toBe(shared);
    expect(hex(sharedSecret(bob, alice.publicKey))).toBe(shared);
  });

  test("gives no secret for a public key of small order", () => {
    expect(sharedSecret(ALICE, new Uint8Array(32))).toBeUndefined();
    expect(
      sharedSecret(
        ALICE,
        Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0)),
      ),
    ).toBeUndefined();
  });
});

describe("a protocol's name", () => {
  test("of more than 32 bytes is hashed, a shorter one is padded", () => {
    expect(initialState("x".repeat(32), CHACHA_POLY, BLAKE2S).transcript).toEqual(new Uint8Array(32).fill(0x78));
    expect(initialState("x", CHACHA_POLY, BLAKE2S).transcript).toEqual(Uint8Array.of(0x78, ...new Uint8Array(31)));
    expect(hex(initialState("x".repeat(33), CHACHA_POLY, SHA256).transcript)).not.toContain("7878");
  });
});

describe.each([IK, IK_PSK2, XX])("pattern $name", (pattern) => {
  test("gives both sides the same keys, and the payloads", () => {
    const { sides, payloads } = run(pattern);
    expect(sides.map(isComplete)).toEqual([true, true]);
    expect(split(sides[0].symmetric)).toEqual(split(sides[1].symmetric));
    expect(sides[0].remoteStatic).toEqual(BOB.publicKey);
    expect(sides[1].remoteStatic).toEqual(ALICE.publicKey);
    expect(new Set(payloads.map(hex))).toEqual(new Set([hex(HELLO)]));
  });

  test("does not read a message without its last byte, or any shorter one", () => {
    for (const { reader, message } of run(pattern).messages) {
      // The first message of XX has no tag, so its payload can be shorter.
      const shortest = reader.done === 0 && pattern === XX ? 32 : message.length;
      for (let length = 0; length < shortest; length++) {
        expect([length, readMessage(reader, message.subarray(0, length))]).toEqual([length, undefined]);
      }
    }
  });

  test("does not read a message with a changed bit, and still reads the true one", () => {
    const { messages } = run(pattern);
    for (const { reader, message } of messages.slice(pattern === XX ? 1 : 0)) {
      fc.assert(
        fc.property(fc.nat(message.length * 8 - 1), (bit) => {
          // X25519 ignores the highest bit of a public key, but the transcript does not.
          const changed = Uint8Array.from(message);
          changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
          expect(readMessage(reader, changed)).toBeUndefined();
        }),
        { numRuns: 50 },
      );
      expect(readMessage(reader, message)?.bytes).toEqual(Buffer.from(HELLO));
    }
  });

  test("does not read a message whose ephemeral key is zero", () => {
    for (const { reader, message } of run(pattern).messages.slice(pattern === XX ? 1 : 0, 2)) {
      expect(readMessage(reader, Uint8Array.from(message).fill(0, 0, 32))).toBeUndefined();
    }
  });
});

describe("a handshake", () => {
  test("with another prologue is not read", () => {
    const { bytes: first } = must(writeMessage(begin(IK, true), EPHEMERAL_OF_ALICE, HELLO));
    expect(readMessage({ ...begin(IK, false, Uint8Array.of(9)) }, first)).toBeUndefined();
  });

  test("for another responder is not read", () => {
    const { bytes: first } = must(writeMessage(begin(IK, true), EPHEMERAL_OF_ALICE, HELLO));
    expect(readMessage({ ...begin(IK, false), staticKeys: EVE }, first)).toBeUndefined();
  });

  test("with another preshared key is not read", () => {
    const first = must(writeMessage(begin(IK_PSK2, true), EPHEMERAL_OF_ALICE, HELLO));
    const received = must(readMessage(begin(IK_PSK2, false), first.bytes)).handshake;
    const second = must(writeMessage({ ...received, presharedKey: new Uint8Array(32) }, EPHEMERAL_OF_BOB, HELLO));
    expect(readMessage(first.handshake, second.bytes)).toBeUndefined();
  });

  test("is not begun with a responder whose key is zero", () => {
    const zero = beginHandshake({
      protocol: protocol(IK),
      isInitiator: true,
      prologue: NOTHING,
      staticKeys: ALICE,
      remoteStatic: new Uint8Array(32),
    });
    expect(writeMessage(zero, EPHEMERAL_OF_ALICE, HELLO)).toBeUndefined();
  });
});

test("a text that is shorter than a tag is not opened", () => {
  for (const cipher of [CHACHA_POLY, AES_GCM]) {
    expect(openBytes(cipher, PSK, new Uint8Array(12), NOTHING, new Uint8Array(15))).toBeUndefined();
  }
});

interface Run {
  readonly sides: readonly [NoiseHandshake, NoiseHandshake];
  readonly payloads: readonly Uint8Array[];
  /** Each message, with the handshake that read it, before it did. */
  readonly messages: readonly { readonly reader: NoiseHandshake; readonly message: Uint8Array }[];
}

function run(pattern: NoisePattern): Run {
  const sides: [NoiseHandshake, NoiseHandshake] = [begin(pattern, true), begin(pattern, false)];
  const payloads: Uint8Array[] = [];
  const messages: Run["messages"][number][] = [];
  for (let at = 0; at < pattern.messages.length; at++) {
    const [writer, reader] = at % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    const sent = must(writeMessage(sides[writer], writer === 0 ? EPHEMERAL_OF_ALICE : EPHEMERAL_OF_BOB, HELLO));
    messages.push({ reader: sides[reader], message: sent.bytes });
    const received = must(readMessage(sides[reader], sent.bytes));
    payloads.push(received.bytes);
    sides[writer] = sent.handshake;
    sides[reader] = received.handshake;
  }
  return { sides, payloads, messages };
}

function begin(pattern: NoisePattern, isInitiator: boolean, prologue: Uint8Array = HELLO): NoiseHandshake {
  return beginHandshake({
    protocol: protocol(pattern),
    isInitiator,
    prologue,
    staticKeys: isInitiator ? ALICE : BOB,
    ...(isInitiator && pattern.knowsResponder ? { remoteStatic: BOB.publicKey } : {}),
    presharedKey: PSK,
  });
}

function protocol(pattern: NoisePattern): NoiseProtocol {
  return { pattern, cipher: CHACHA_POLY, hash: BLAKE2S };
}

function must(step: NoiseStep | undefined): NoiseStep {
  if (step === undefined) throw new Error("the handshake failed");
  return step;
}

function pair(seed: number): KeyPair {
  return keyPairOf(new Uint8Array(32).fill(seed));
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function hex(data: Uint8Array | undefined): string {
  return Buffer.from(data ?? NOTHING).toString("hex");
}
