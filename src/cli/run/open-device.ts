import type { IoBatch } from "../../../runtime/device/io-batch.ts";
import type { LinuxFlowCache } from "../../../runtime/device/linux-flow-cache.ts";
import { openTun, type TunResult } from "../../../runtime/device/tun.ts";
import { defaultMtu } from "../../../runtime/wire/inner-mtu.ts";
import type { Device } from "../../../runtime/world/world.ts";
import type { DeviceRequest } from "../options/devices.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";

/** Objects that all devices of a node share. */
export interface DevicesShare {
  readonly ioBatch: IoBatch;
  /** Undefined if the rules must process every packet. */
  readonly flowCache: LinuxFlowCache | undefined;
}

/**
 * Opens a device of the command line. If the device disappears and `restore` is false, calls `onLost` with its name and an error code.
 * `innerMtu` is the length of the longest packet that fits into a datagram.
 */
export function openDevice(
  { kind, name, address, mtu, tso, restore }: DeviceRequest,
  innerMtu: number,
  share: DevicesShare,
  onLost: (device: string, code: string) => void,
  log: Log,
): Device {
  const ending = restore ? {} : { onLost: (code: string): void => onLost(opened.ok ? opened.tun.name : "", code) };
  const opened: TunResult = openTun({
    kind,
    name,
    address,
    mtu: mtu ?? defaultMtu(kind, innerMtu),
    isMtuFixed: mtu !== undefined,
    trains: kind === "tun",
    tso,
    ...ending,
    ...share,
  });
  if (!opened.ok) throw runFailed(`--${kind}: ${opened.message}`);
  const hasSuperPackets = opened.tun.offload?.tcp === true;
  if (kind === "tun" && tso && !hasSuperPackets)
    log.info(`${opened.tun.name} has no segmentation offload in this kernel: packets are read and written one by one`);
  return opened.tun;
}
