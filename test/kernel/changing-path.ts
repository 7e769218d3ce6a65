import type { Namespace } from "../native/namespace.ts";
import { digestOf } from "./pattern.ts";
import { type Families, TunnelPair } from "./tunnel-pair.ts";

/** What happens to a path: a link with a smaller MTU, or one that drops what is longer than 1300 bytes and says nothing. */
export type PathChange = "drops to 1280" | "swallows";

/** What a node says when it has found out. */
export const NARROW: RegExp = /datagrams of at most (\d+) bytes instead of (\d+)/;

/** What the sender waits for after each 64 KiB, so that the transfer takes a while; and when it is well under way. */
const PAUSE_MS = 12;
const MIDST_MS = 400;

/** What is left of 1300 or 1280 bytes behind the headers of IP and UDP, the next smaller of the sizes that are tried. */
const CARRIED = { "drops to 1280": { 4: 1252, 6: 1232 }, swallows: { 4: 1272, 6: 1252 } } as const;

/** How a transfer ended. */
export interface TransferOutcome {
  /** Whether all arrived as it was sent. */
  readonly isWhole: boolean;
  /** The longest datagrams that the path carries in the end, as a node has said; NaN if it has not. */
  readonly carried: number;
  readonly badChecksums: number;
}

export function goodOutcome({ outer }: Families, change: PathChange): TransferOutcome {
  return { isWhole: true, carried: CARRIED[change][outer], badChecksums: 0 };
}

/** A stream of so many bytes through a tunnel whose path changes in its midst. */
export async function transferAcross(families: Families, change: PathChange, bytes: number): Promise<TransferOutcome> {
  await using pair = new TunnelPair([], "router", families);
  const router = pair.router as Namespace;
  await pair.ready();
  await pair.serve("serve", bytes, PAUSE_MS);
  const fetched = pair.ask("fetch");
  await new Promise((resolve) => setTimeout(resolve, MIDST_MS));
  alter(router, change);
  const isWhole = (await fetched) === digestOf(bytes);
  return { isWhole, carried: Number(NARROW.exec(pair.said)?.[1]), badChecksums: pair.badChecksums() };
}

/** The path from b to a is another one from now on. */
export function alter(router: Namespace, change: PathChange): void {
  if (change === "drops to 1280") {
    router.run("ip", "link", "set", "in", "mtu", "1280");
    return;
  }
  router.run("nft", "add table inet f");
  router.run("nft", "add chain inet f w { type filter hook forward priority 0; }");
  router.run("nft", "add rule inet f w meta length > 1300 drop");
}
