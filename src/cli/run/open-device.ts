import { parseCidr } from "../../../runtime/ip/cidr.ts";
import { openTun } from "../../../runtime/device/tun.ts";
import type { LinuxFlowCache } from "../../../runtime/device/linux-flow-cache.ts";
import type { IoBatch } from "../../../runtime/device/io-batch.ts";
import type { Tun } from "../../../runtime/world/world.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";

export interface TunRequest {
  /** Undefined lets the kernel number it. */
  readonly name: string | undefined;
  /** CIDR. */
  readonly address: string;
  /** Undefined takes what fits. */
  readonly mtu: number | undefined;
  /** Whether super-packets may cross it. */
  readonly tso: boolean;
}

/** What the devices of one node share. */
export interface DevicesShare {
  readonly ioBatch: IoBatch;
  /** None where every packet is to pass the rules. */
  readonly flowCache: LinuxFlowCache | undefined;
}

/** The TUN device that the command line asks for; a packet of `fitting` bytes just fits a datagram. */
export function openDevice(
  { name, address, mtu, tso }: TunRequest,
  fitting: number,
  share: DevicesShare,
  log: Log,
): Tun {
  const cidr = parseCidr(address);
  if (!cidr.ok) throw wrongUsage("--tun-addr", cidr.message);
  const lost = (code: string): void =>
    log.error(`the TUN device is gone (${code}); packets for it are dropped`, { code });
  const opened = openTun({ name, address: cidr.cidr, mtu: mtu ?? fitting, lost, trains: true, tso, ...share });
  if (!opened.ok) throw runFailed(`--tun: ${opened.message}`);
  const hasSuperPackets = opened.tun.offload?.tcp === true;
  if (tso && !hasSuperPackets)
    log.info(`packets cross ${opened.tun.name} one by one: the kernel takes no super-packets`);
  return opened.tun;
}
