// One end of a transfer: `serve ADDRESS BYTES` sends BYTES bytes to each client, `fetch ADDRESS [OWN]` prints their digest,
// `stream ADDRESS BYTES PAUSE` sends to a client until its input ends, then BYTES more, with a pause (ms) after each 64 KiB,
// and prints a line at the first and the number of all bytes at the end, `echo ADDRESS` returns datagrams,
// `flood ADDRESS COUNT SIZE` sends numbered ones and prints how many came back whole.
import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { pattern } from "./pattern.ts";

const PORT = 7000;
const FLOOD_AT_ONCE = 20;
const QUIET_MS = 1000;

const [role = "", address = "", ...numbers] = process.argv.slice(2);
const [first = 0, second = 0] = numbers.map(Number);

if (role === "serve") {
  const server = createServer((socket) => {
    pipeline(Readable.from(pattern(first)), socket).catch(() => {});
  });
  server.listen(PORT, address, () => process.stdout.write("ready\n"));
} else if (role === "stream") {
  const server = createServer((socket) => {
    process.stdout.write("connected\n");
    pipeline(Readable.from(paced(first, second)), socket).catch(() => {});
  });
  server.listen(PORT, address, () => process.stdout.write("ready\n"));
} else if (role === "fetch") {
  const hash = createHash("sha256");
  await pipeline(connect({ port: PORT, host: address, localAddress: numbers[0] }), hash);
  process.stdout.write(`${hash.digest("hex")}\n`);
} else if (role === "echo") {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, { address: host, port }) => socket.send(bytes, port, host));
  socket.bind(PORT, address, () => process.stdout.write("ready\n"));
} else if (role === "flood") {
  process.stdout.write(`${await flood(first, second)}\n`);
}

async function* paced(more: number, pauseMs: number): AsyncGenerator<Uint8Array> {
  let sent = 0;
  let end = Infinity;
  process.stdin.on("end", () => (end = sent + more)).resume();
  for (const chunk of pattern(Infinity)) {
    if (sent >= end) break;
    yield chunk;
    sent += chunk.length;
    await sleep(pauseMs);
  }
  process.stdout.write(`${sent}\n`);
}

function datagram(number: number, size: number): Buffer {
  const bytes = Buffer.alloc(size, number & 0xff);
  bytes.writeUInt32BE(number);
  return bytes;
}

async function flood(count: number, size: number): Promise<number> {
  const socket = createSocket("udp4");
  const back = new Set<number>();
  const all = new Promise<void>((resolve) => {
    socket.on("message", (bytes) => {
      if (bytes.equals(datagram(bytes.readUInt32BE(), size))) back.add(bytes.readUInt32BE());
      if (back.size === count) resolve();
    });
  });
  for (let number = 0; number < count; number++) {
    socket.send(datagram(number, size), PORT, address);
    if (number % FLOOD_AT_ONCE === 0) await sleep(5);
  }
  await Promise.race([all, sleep(QUIET_MS, undefined, { ref: false })]);
  socket.close();
  return back.size;
}
