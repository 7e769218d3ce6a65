import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The C addon: what Mosaic needs of the kernel beyond what Node offers. Nothing in it throws. */
export interface Native {
  /** Opens a TUN interface; a `%d` in the name becomes the first free number. It is down and without address. */
  openTun(name: string): TunHandle | Refusal;
}

/** What the kernel refused: the errno, and the system call or ioctl that met it. */
export interface Refusal {
  readonly errno: number;
  readonly call: string;
}

/** An open TUN interface. After `close` every other call is refused with `EBADF`. */
export interface TunHandle {
  /** The interface's name in the kernel. */
  readonly name: string;
  /** Sets MTU, address (4 or 16 bytes; none when empty) and prefix length, and brings the interface up. */
  configure(address: Uint8Array, prefix: number, mtu: number): Refusal | undefined;
  /**
   * Begins to read; called once. At each wake up to 64 packets are put into `arena`, and `index` gets their offsets and
   * lengths in turns; then `wake` is called once. Both arrays belong to the handle until it is closed. `arena` must hold
   * the largest IP packet (65,535 bytes) at least; packets that find no room wait in the kernel for the next wake.
   */
  start(arena: Uint8Array, index: Uint32Array, wake: Wake): Refusal | undefined;
  /** Hands one IP packet to the kernel; returns an errno, or 0. */
  write(packet: Uint8Array): number;
  /** Calls `closed` once the interface is gone. */
  close(closed: () => void): void;
}

/** Takes `count` packets. An `errno` other than 0 is why there will be no more. */
export type Wake = (count: number, errno: number) => void;

/** Why there is no addon, for the user. */
export interface Missing {
  readonly missing: string;
}

interface Addon extends Native {
  readonly contract: number;
}

/** The same number as in addon.c: another one was built from other sources than these. */
const CONTRACT = 1;

const ADDON: URL = new URL("build/mosaic.node", import.meta.url);
const REMEDY = "`sh native/build.sh` builds it where there is a C compiler";

let loaded: Native | Missing | undefined;

/** The addon, loaded at the first call. */
export function loadNative(): Native | Missing {
  loaded ??= load(fileURLToPath(ADDON));
  return loaded;
}

function load(path: string): Native | Missing {
  if (!existsSync(path)) return { missing: `the native addon is not built; ${REMEDY}` };
  try {
    const addon = createRequire(import.meta.url)(path) as Addon;
    return addon.contract === CONTRACT ? addon : { missing: `the native addon is out of date; ${REMEDY}` };
  } catch (error) {
    return { missing: `the native addon does not load (${firstLine(error)}); ${REMEDY}` };
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).replace(/\n[^]*/, "");
}
