import { setTimeout as sleep } from "node:timers/promises";
import { vi } from "vitest";
import type { Namespace } from "../native/namespace.ts";
import { digestOf } from "./pattern.ts";
import { type Families, TunnelPair } from "./tunnel-pair.ts";

/** Change of a path: a link with a smaller MTU, or one that silently drops packets longer than 1300 bytes. */
export type PathChange = "drops to 1280" | "drops long packets";

/** Log message of a node that has found the new size. */
export const NARROW: RegExp = /datagrams of at most (\d+) bytes instead of (\d+)/;

/** Pause of the sender after each 64 KiB, and time from the connection to the change. */
const PAUSE_MS = 12;
const CHANGE_AFTER_MS = 400;
/** Longest time until a node has found the new size. */
const WAIT = { timeout: 30_000, interval: 50 };

/** Payload sizes that are probed, and fit into 1300 or 1280 bytes after the IP and UDP headers. */
const CARRIED = { "drops to 1280": { 4: 1252, 6: 1232 }, "drops long packets": { 4: 1272, 6: 1252 } } as const;

/** Result of a transfer. */
export interface TransferOutcome {
  /** Whether all bytes arrived unchanged. */
  readonly isUnchanged: boolean;
  /** Longest datagram of the changed path, from the log of a node. */
  readonly carried: number;
  readonly badChecksums: number;
}

export function goodOutcome({ outer }: Families, change: PathChange): TransferOutcome {
  return { isUnchanged: true, carried: CARRIED[change][outer], badChecksums: 0 };
}

/** Transfers a stream through a tunnel whose path changes during the transfer, until a node has found it, and `bytes` more. */
export async function transferAcross(families: Families, change: PathChange, bytes: number): Promise<TransferOutcome> {
  await using pair = new TunnelPair([], "router", families);
  const router = pair.router as Namespace;
  await pair.ready();
  const stream = await pair.stream(PAUSE_MS, bytes);
  const fetched = pair.ask("fetch");
  await stream.connected();
  await sleep(CHANGE_AFTER_MS);
  alter(router, change);
  const carried = await vi.waitFor(() => carriedIn(pair), WAIT);
  const sent = await stream.end();
  return { isUnchanged: (await fetched) === digestOf(sent), carried, badChecksums: pair.badChecksums() };
}

/** Returns the new size of the path, from the log of a node. */
function carriedIn(pair: TunnelPair): number {
  const [, carried] = NARROW.exec(pair.said) ?? [];
  if (carried === undefined) throw new Error(`no node has found the new size: ${pair.said}`);
  return Number(carried);
}

/** Changes the path from b to a. */
export function alter(router: Namespace, change: PathChange): void {
  if (change === "drops to 1280") {
    router.run("ip", "link", "set", "in", "mtu", "1280");
    return;
  }
  router.run("nft", "add table inet f");
  router.run("nft", "add chain inet f w { type filter hook forward priority 0; }");
  router.run("nft", "add rule inet f w meta length > 1300 drop");
}
