import type { Tun } from "../world/world.ts";

/** Least MTU of a device: IPv6 needs it. Packets that then do not fit are fragmented. */
const MTU_MIN = 1280;
/** Destinations come from tuples, so their number is bounded. */
const DESTINATIONS_MAX = 1024;
/** Length up to which a packet does not show how many bytes a long one gains: lengths take fewer bytes, and padding varies. */
const SHORT_PACKET = 512;
const LENGTH_BYTES = 8;
/** Greatest number of bytes by which padding varies. */
const PADDING_BYTES = 3;

/** A packet of the device on its way out. All lengths are in bytes. */
interface WrappedPacket {
  /** Length of the packet, and of the datagram that carries it. */
  readonly packet: number;
  readonly datagram: number;
  /** Longest datagram for the destination. */
  readonly limit: number;
}

/**
 * Lowers the MTU of the device to the longest packet that fits a datagram, by the bytes that packets gain on their way to the addresses
 * in use. The first packet of a connection shows them, before a long one is sent.
 */
export class DeviceMtu {
  readonly #tun: Tun | undefined;
  readonly #changed: (message: string) => void;
  /** The kernel does not let this process change the MTU. */
  #isRefused = false;
  /** Greatest number of bytes that a packet gained, and the limit, by destination. */
  readonly #gains = new Map<string, { readonly gain: number; readonly limit: number }>();

  /** `changed` is called with a message for the log. */
  constructor(tun: Tun | undefined, changed: (message: string) => void) {
    this.#tun = tun;
    this.#changed = changed;
  }

  /**
   * Takes note of a packet for a destination. `exact` returns the number of bytes that a packet of full length gains, if that is known;
   * otherwise the MTU leaves room for padding and longer lengths.
   */
  note(to: string, { packet, datagram, limit }: WrappedPacket, exact?: () => number): void {
    if (this.#tun?.lowerMtu === undefined || this.#isRefused) return;
    const gain = datagram - packet;
    const known = this.#gains.get(to);
    if (known !== undefined && gain <= known.gain && limit === known.limit) return;
    if (known === undefined && this.#gains.size >= DESTINATIONS_MAX) this.#gains.clear();
    this.#gains.set(to, { gain: Math.max(gain, known?.gain ?? 0), limit });
    const spare = packet < SHORT_PACKET ? LENGTH_BYTES : PADDING_BYTES;
    const mtu = Math.max(MTU_MIN, limit - (exact?.() ?? gain + spare));
    const { name, mtu: before } = this.#tun;
    if (mtu >= before) return;
    const why = `longer packets to ${to} do not fit datagrams of ${limit} bytes`;
    const refusal = this.#tun.lowerMtu(mtu);
    this.#isRefused = refusal !== undefined;
    if (refusal === undefined) this.#changed(`${name}: MTU ${mtu} instead of ${before}: ${why}`);
    else
      this.#changed(
        `${name}: the MTU cannot be lowered to ${mtu} (${refusal}): ${why}, and are fragmented or reported`,
      );
  }
}
