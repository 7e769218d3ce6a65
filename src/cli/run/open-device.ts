import type { IoBatch } from "../../../runtime/device/io-batch.ts";
import type { LinuxFlowCache } from "../../../runtime/device/linux-flow-cache.ts";
import { openTun } from "../../../runtime/device/tun.ts";
import type { Cidr } from "../../../runtime/ip/cidr.ts";
import type { Tun } from "../../../runtime/world/world.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";

export interface TunRequest {
  /** Name of the interface; if undefined, the kernel chooses it. */
  readonly name: string | undefined;
  readonly address: Cidr;
  /** MTU in bytes; if undefined, the length of the longest packet that fits into a datagram of the node. */
  readonly mtu: number | undefined;
  /** Whether the device may exchange super-packets (TSO) with the kernel. */
  readonly tso: boolean;
  /** Whether the node restores the device when it is gone, down or without its address. If false, the node ends when the device is gone. */
  readonly restore: boolean;
}

/** Objects that all devices of a node share. */
export interface DevicesShare {
  readonly ioBatch: IoBatch;
  /** Undefined if the rules must process every packet. */
  readonly flowCache: LinuxFlowCache | undefined;
}

/**
 * Opens the TUN device of the command line. If the device disappears and `restore` is false, calls `onLost` with an error code.
 * `defaultMtu` is the length of the longest packet that fits into a datagram.
 */
export function openDevice(
  { name, address, mtu, tso, restore }: TunRequest,
  defaultMtu: number,
  share: DevicesShare,
  onLost: (code: string) => void,
  log: Log,
): Tun {
  const ending = restore ? {} : { onLost };
  const opened = openTun({
    name,
    address,
    mtu: mtu ?? defaultMtu,
    isMtuFixed: mtu !== undefined,
    trains: true,
    tso,
    ...ending,
    ...share,
  });
  if (!opened.ok) throw runFailed(`--tun: ${opened.message}`);
  const hasSuperPackets = opened.tun.offload?.tcp === true;
  if (tso && !hasSuperPackets)
    log.info(`${opened.tun.name} has no segmentation offload in this kernel: packets are read and written one by one`);
  return opened.tun;
}
