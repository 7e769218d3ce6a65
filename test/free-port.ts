import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** Returns a port that is free for UDP and TCP on the loopback address. Another process may take it afterwards. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    const isFree = await isFreeForTcp(port);
    socket.close();
    if (isFree) return port;
  }
}

function isFreeForTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
