import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { openSocket } from "../device/open-socket.ts";
import { findFreePort } from "../free-port.ts";
import { DEBIAN_PYTHON, needs } from "../needs.ts";
import { RecordingTun } from "../session/recording-tun.ts";
import { UdpNode } from "./udp-node.ts";

const PEER = fileURLToPath(new URL("esp-peer.py", import.meta.url));
const PROGRAMS = new URL("../../programs", import.meta.url).pathname;

const PROGRAM = `
import "${PROGRAMS}/esp.mzl".
accept note(number, string).
materialize(got, infinity, infinity, keys()).
say: note@esp::"peer"(N, Text) :- say(N, Text).
hear: got(N, Text) :- note(N, Text).
`;

const KEY = Uint8Array.from({ length: 16 }, (_, at) => at);
const SALT = Uint8Array.of(0xca, 0xfe, 0xba, 0xbe);
const KEY_AND_SALT: string = Buffer.concat([KEY, SALT]).toString("hex");
const [FROM_NODE, TO_NODE] = [5000, 6000];
const ENCRYPTION = "AES-GCM with 16 octet ICV [RFC4106]";

/** A Python process with an end of the associations. */
class Peer implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly printed: string[] = [];
  readonly #process: ChildProcess;

  private constructor(port: number) {
    this.port = port;
    this.folder = mkdtempSync(join(tmpdir(), "mosaic-esp-"));
    this.#process = spawn(DEBIAN_PYTHON, [PEER, `${port}`, KEY_AND_SALT, this.capture], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface(this.#process.stdout as NodeJS.ReadableStream);
    lines.on("line", (line) => this.printed.push(line));
  }

  get capture(): string {
    return join(this.folder, "esp.pcap");
  }

  static async start(): Promise<Peer> {
    const peer = new Peer(await findFreePort());
    await peer.said("ready");
    return peer;
  }

  async said(line: string): Promise<void> {
    await vi.waitUntil(() => this.printed.includes(line), { timeout: 30_000 });
  }

  /** Frames that this peer opened, in order: next header, and payload in hexadecimal. */
  get frames(): readonly (readonly string[])[] {
    return this.printed.filter((line) => line.includes(" ")).map((line) => line.split(" "));
  }

  /** Frames of both ways as tshark decrypts them: SPI, number, and payload in hexadecimal. */
  async decrypted(): Promise<readonly string[]> {
    const socket = await openSocket("127.0.0.1:0");
    socket.send(`127.0.0.1:${this.port}`, Buffer.from("write"));
    await this.said("written");
    await socket.close();
    const association = `"IPv4","*","*","*","${ENCRYPTION}","0x${KEY_AND_SALT}","NULL","",""`;
    const options = ["esp.enable_encryption_decode:TRUE", `uat:esp_sa:${association}`].flatMap((one) => ["-o", one]);
    const fields = ["esp.spi", "esp.sequence", "esp.contained_data"];
    const shown = ["-T", "fields", "-E", "separator= ", ...fields.flatMap((one) => ["-e", one])];
    const { stdout, stderr } = spawnSync("tshark", ["-r", this.capture, ...options, ...shown], { encoding: "utf8" });
    if (stdout === "") throw new Error(`tshark shows nothing: ${stderr}`);
    return stdout.trim().split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await once(this.#process, "exit");
    rmSync(this.folder, { recursive: true });
  }
}

/** Returns a UDP packet to port 9. */
function packet(to: readonly number[], payload: string): Uint8Array {
  const bytes = Buffer.alloc(28 + payload.length);
  bytes.set([0x45, 0, 0, bytes.length, 0, 1, 0, 0, 64, 17, 0, 0, 100, 64, 0, 1, ...to]);
  bytes.set([0, 9, 0, 9, 0, 8 + payload.length], 20);
  bytes.write(payload, 28);
  return bytes;
}

function hexOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

/** Returns a number as tshark prints an SPI. */
function hexOfNumber(number: number): string {
  return `0x${number.toString(16).padStart(8, "0")}`;
}

const lacking = needs("scapy", "tshark");

test.skipIf(lacking !== undefined)(
  `frames are exchanged with scapy both ways, and tshark decrypts them${lacking ? `: ${lacking}` : ""}`,
  { timeout: 60_000 },
  async () => {
    await using peer = await Peer.start();
    const tun = new RecordingTun();
    await using node = new UdpNode(PROGRAM, { defines: { ESP: '"127.0.0.1:0"' }, tun });
    await node.rows("esp.socket", 1);
    node.node.insert("esp.outbound", ["peer", FROM_NODE, KEY, SALT, `127.0.0.1:${peer.port}`]);
    node.node.insert("esp.inbound", [TO_NODE, KEY, SALT]);
    node.node.insert("esp.tunnel", ["100.64.0.2", "peer"]);
    for (const [at, text] of ["a", "bc", "def", "ghij"].entries()) node.node.insert("say", [at, text]);
    const got = (await node.rows("got", 4)) as readonly (readonly [number, string])[];
    expect(new Map(got)).toEqual(
      new Map([
        [0, "a"],
        [1, "bc"],
        [2, "def"],
        [3, "ghij"],
      ]),
    );
    tun.receive(packet([100, 64, 0, 2], "hello"));
    await vi.waitFor(() => expect(tun.written).toHaveLength(1), { timeout: 10_000 });
    expect(
      Buffer.from(tun.written[0] as Uint8Array)
        .subarray(28)
        .toString(),
    ).toBe("hello");
    expect(peer.frames.map(([next]) => next)).toEqual(["253", "253", "253", "253", "4"]);
    expect(peer.frames.at(-1)?.[1]).toBe(hexOf(packet([100, 64, 0, 2], "hello")));
    const answers = [...peer.frames.slice(0, -1).map(([, payload]) => payload), hexOf(tun.written[0])];
    const both = peer.frames.flatMap(([, payload], at) => [
      `${hexOfNumber(FROM_NODE)} ${at + 1} ${payload}`,
      `${hexOfNumber(TO_NODE)} ${at + 1} ${answers[at]}`,
    ]);
    expect(await peer.decrypted()).toEqual(both);
  },
);
