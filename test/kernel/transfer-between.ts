import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Namespace } from "../native/namespace.ts";

const TRANSFER = fileURLToPath(new URL("./transfer.ts", import.meta.url));

/**
 * Sends bytes by TCP from `address` on the server, and returns the digest of the bytes that the client gets. `own` is the address of the
 * client, which the kernel chooses if it is omitted.
 */
export async function transferBetween(
  server: Namespace,
  client: Namespace,
  bytes: number,
  address: string,
  own?: string,
): Promise<string> {
  const run = (host: Namespace, ...args: readonly string[]) =>
    spawn("ip", ["netns", "exec", host.name, process.execPath, TRANSFER, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  const serving = run(server, "serve", address, `${bytes}`);
  try {
    await once(createInterface(serving.stdout), "line");
    const fetching = run(client, "fetch", address, ...(own === undefined ? [] : [own]));
    const [digest] = (await once(createInterface(fetching.stdout), "line")) as [string];
    return digest;
  } finally {
    serving.kill("SIGKILL");
  }
}
