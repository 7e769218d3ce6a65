/**
 * Main module of the UDP echo, a substitute for `ping`. `udp-echo.ts serve ADDRESS` returns each datagram to its sender;
 * `udp-echo.ts ping ADDRESS SECONDS [SOURCE]` sends one per interval, from SOURCE, and prints lines like `ping -D -O`. Both print a line
 * when they are ready, and begin with the first line of input.
 */
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";
import { setInterval } from "node:timers";
import { WallClock } from "../../runtime/device/wall-clock.ts";
import { READY } from "./ping-process.ts";

const PORT = 7;
const PAYLOAD_BYTES = 56;
const clock = new WallClock();

function serve(address: string): void {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
  socket.on("error", () => {});
  socket.bind(PORT, address);
}

function ping(address: string, seconds: number, source: string | undefined): void {
  const socket = createSocket("udp4");
  const unanswered = new Map<number, number>();
  let sequence = 0;
  socket.on("message", (bytes) => {
    const answered = bytes.length < 4 ? 0 : bytes.readUInt32BE();
    const sentAt = unanswered.get(answered);
    if (sentAt === undefined) return;
    unanswered.delete(answered);
    print(
      `${bytes.length} bytes from ${address}: icmp_seq=${answered} time=${(performance.now() - sentAt).toFixed(3)} ms`,
    );
  });
  // An unreachable host or a closed port counts as a missing reply.
  socket.on("error", () => {});
  if (source !== undefined) socket.bind({ address: source });
  setInterval(() => {
    if (unanswered.has(sequence)) print(`no answer yet for icmp_seq=${sequence}`);
    unanswered.set(++sequence, performance.now());
    const bytes = Buffer.alloc(PAYLOAD_BYTES);
    bytes.writeUInt32BE(sequence);
    socket.send(bytes, PORT, address, () => {});
  }, seconds * 1e3);
}

function print(text: string): void {
  process.stdout.write(`[${clock.now().toFixed(6)}] ${text}\n`);
}

const [role, address = "", seconds = "1", source] = process.argv.slice(2);
createInterface(process.stdin).once("line", () => {
  if (role === "serve") serve(address);
  else ping(address, Number(seconds), source);
});
process.stdout.write(`${READY}\n`);
