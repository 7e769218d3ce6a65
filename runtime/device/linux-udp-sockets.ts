/** UDP sockets of rules outside the simulator. runtime/socket uses them through the interface `UdpSockets`. */
import type { Opened } from "../world/streams.ts";
import type { UdpSockets } from "../world/udp-sockets.ts";
import type { Datagrams } from "../world/world.ts";
import { reasonOfCode } from "./failure-reasons.ts";
import type { IoBatch } from "./io-batch.ts";
import { openUdp, type UdpOptions } from "./udp.ts";

/** Longest payload of a datagram over IPv4. The kernel splits a datagram into IP fragments if the path requires it. */
const MAX_PAYLOAD = 65_507;

/** Slots of each socket. A node can have many sockets, and a slot may come to use 64 KiB of memory. */
const SLOTS = 16;

export interface LinuxUdpOptions {
  /** Whether the kernel may segment (GSO) and join (GRO) trains of datagrams. */
  readonly gso: boolean;
  readonly gro: boolean;
  /** The I/O batch that all devices of the node share. */
  readonly ioBatch: IoBatch;
}

export class LinuxUdpSockets implements UdpSockets {
  readonly #options: UdpOptions;

  constructor(options: LinuxUdpOptions) {
    this.#options = { ...options, maxPayload: MAX_PAYLOAD, trains: true, steers: false, slots: SLOTS };
  }

  open(address: string, opened: (outcome: Opened<Datagrams>) => void): void {
    openUdp(address, this.#options).then(
      (result) => {
        if (result.ok) opened({ ok: true, value: result.datagrams });
        else opened({ ok: false, reason: result.code === "EINVAL" ? "no address" : reasonOfCode(result.code) });
      },
      (error: unknown) => opened({ ok: false, reason: error instanceof Error ? error.message : "failed" }),
    );
  }
}
