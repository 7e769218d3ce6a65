import { createSocket } from "node:dgram";
import { once } from "node:events";

const FIRST = 20_000;
const LAST = 30_000;

/** Returns the first of `count` consecutive ports that are free for UDP on the loopback address. Another process may take them later. */
export async function findFreePorts(count: number): Promise<number> {
  for (;;) {
    const first = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const sockets = Array.from({ length: count }, () => createSocket("udp4"));
    const bound = await Promise.allSettled(
      sockets.map(async (socket, at) => {
        socket.bind(first + at, "127.0.0.1");
        await once(socket, "listening");
      }),
    );
    for (const socket of sockets) socket.close();
    if (bound.every(({ status }) => status === "fulfilled")) return first;
  }
}
