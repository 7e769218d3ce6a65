/**
 * The code of the handshake, told the constants of WireGuard (Donenfeld, NDSS 2017), agrees on a session with wireguard-go and exchanges
 * a ping with it.
 */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadNative } from "../../native/index.ts";
import { formatKey } from "../../runtime/link/key-text.ts";
import { CHACHA_POLY, openWith, sealWith } from "../../runtime/link/noise-cipher.ts";
import {
  beginHandshake,
  type NoiseProtocol,
  type NoiseStep,
  readMessage,
  writeMessage,
} from "../../runtime/link/noise-handshake.ts";
import { BLAKE2S } from "../../runtime/link/noise-hash.ts";
import { IK_PSK2 } from "../../runtime/link/noise-pattern.ts";
import { split } from "../../runtime/link/noise-symmetric-state.ts";
import { keyPairOf } from "../../runtime/link/x25519.ts";
import { type Echo, readEcho, writeEcho } from "../../runtime/sim/icmp-echo.ts";
import { Namespace } from "../native/namespace.ts";
import { needs } from "../needs.ts";

const PROTOCOL: NoiseProtocol = { pattern: IK_PSK2, cipher: CHACHA_POLY, hash: BLAKE2S };
const PROLOGUE = Buffer.from("WireGuard v1 zx2c4 Jason@zx2c4.com");
const NOTHING = new Uint8Array(0);

const HERE = "10.97.3.1";
const THERE = "10.97.3.2";
const PORT = 51_820;

test("a handshake with wireguard-go gives keys with which a ping and its answer pass", async ({ skip }) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "wg", "wireguard-go");
  skip(reason !== undefined, reason);
  await using host = new Namespace();
  const folder = mkdtempSync(join(tmpdir(), "mosaic-wireguard-"));
  const socket = createSocket("udp4");
  const device = `mzwg${process.pid}`;
  onTestFinished(() => {
    socket.close();
    rmSync(folder, { recursive: true });
  });
  execFileSync("ip", ["link", "add", device, "type", "veth", "peer", "name", "out", "netns", host.name]);
  execFileSync("ip", ["addr", "add", `${HERE}/30`, "dev", device]);
  execFileSync("ip", ["link", "set", device, "up"]);
  host.run("ip", "addr", "add", `${THERE}/30`, "dev", "out");
  host.run("ip", "link", "set", "out", "up");

  const own = keyPairOf(randomBytes(32));
  const secret = randomBytes(32);
  const file = join(folder, "key");
  writeFileSync(file, formatKey(secret), { mode: 0o600 });
  host.run("wireguard-go", device);
  // wireguard-go ends when its device is removed. While it runs, it keeps the namespace.
  await using _ = { [Symbol.asyncDispose]: async () => void host.run("ip", "link", "del", device) };
  const peer = ["peer", formatKey(own.publicKey), "allowed-ips", `${INNER_HERE}/32`];
  host.run("wg", "set", device, "listen-port", String(PORT), "private-key", file, ...peer);
  host.run("ip", "addr", "add", `${INNER_THERE}/24`, "dev", device);
  host.run("ip", "link", "set", device, "up");

  const { publicKey: responder } = keyPairOf(secret);
  const begun = beginHandshake({
    protocol: PROTOCOL,
    isInitiator: true,
    prologue: PROLOGUE,
    staticKeys: own,
    remoteStatic: responder,
    presharedKey: new Uint8Array(32),
  });
  const first = writeMessage(begun, keyPairOf(randomBytes(32)), timestamp());
  const initiation = withMacs(Buffer.concat([type(1), INDEX, first?.bytes ?? NOTHING]), responder);
  const response = await exchange(socket, initiation);
  expect([response[0], response.length]).toEqual([2, 92]);
  expect(response.subarray(8, 12)).toEqual(INDEX);
  const read = readMessage((first as NoiseStep).handshake, response.subarray(12, 60));
  expect(read?.bytes).toHaveLength(0);

  const [sealKey, openKey] = split((read as NoiseStep).handshake.symmetric);
  const echo: Echo = {
    kind: "request",
    source: INNER_HERE,
    destination: INNER_THERE,
    identifier: 7,
    sequence: 1,
    payload: randomBytes(36),
  };
  const packet = writeEcho(echo);
  const answer = await exchange(socket, transport(response.subarray(4, 8), sealKey, packet));
  expect([answer[0], answer.subarray(4, 8)]).toEqual([4, INDEX]);
  const counter = Number(answer.readBigUInt64LE(8));
  const opened = openWith({ cipher: CHACHA_POLY, key: openKey, counter }, NOTHING, answer.subarray(16));
  expect(opened && readEcho(opened)).toMatchObject({ kind: "reply", identifier: 7, sequence: 1 });
});

/** Addresses in the tunnel. */
const INNER_HERE = "10.97.4.1";
const INNER_THERE = "10.97.4.2";

/** Key id of messages to this side. */
const INDEX = Buffer.from([1, 2, 3, 4]);

/** The first four bytes of a message of WireGuard. */
function type(number: number): Buffer {
  return Buffer.from([number, 0, 0, 0]);
}

/** The present time as TAI64N. */
function timestamp(): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(2n ** 62n + 10n + BigInt(Math.floor(Date.now() / 1000)));
  return bytes;
}

function withMacs(message: Buffer, responder: Uint8Array): Buffer {
  const native = loadNative();
  const key = createHash("blake2s256").update("mac1----").update(responder).digest();
  const mac1 = "missing" in native ? undefined : native.mac(key, message);
  return Buffer.concat([message, mac1 ?? NOTHING, Buffer.alloc(16)]);
}

/** A datagram with a packet inside. The packet is padded to a multiple of 16 bytes. */
function transport(receiver: Buffer, key: Uint8Array, packet: Uint8Array): Buffer {
  const padded = Buffer.concat([packet, Buffer.alloc((16 - (packet.length % 16)) % 16)]);
  const sealed = sealWith({ cipher: CHACHA_POLY, key, counter: 0 }, NOTHING, padded);
  return Buffer.concat([type(4), receiver, Buffer.alloc(8), sealed]);
}

/** Sends a datagram, and returns the next one that arrives. */
async function exchange(socket: Socket, bytes: Uint8Array): Promise<Buffer> {
  const answer = once(socket, "message", { signal: AbortSignal.timeout(5000) });
  socket.send(bytes, PORT, THERE);
  const [received] = (await answer) as [Buffer];
  return received;
}
