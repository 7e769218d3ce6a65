import type { Device } from "../world/world.ts";

/** Least MTU to which a device is lowered: IPv6 needs it. Packets that do not fit even then are fragmented. */
const MTU_MIN = 1280;
/** Destinations come from tuples, so their number is bounded. */
const DESTINATIONS_MAX = 1024;
/** A packet below this length may gain fewer bytes than a long one: its length fields take fewer bytes, and its padding may be shorter. */
const SHORT_PACKET = 512;
const LENGTH_BYTES = 8;
/** Greatest number of bytes by which padding varies. */
const PADDING_BYTES = 3;

/** Length of the Ethernet header, which the MTU of a TAP device does not count. */
const ETHERNET_HEADER = 14;

/** A packet of the device on its way out. All lengths are in bytes. */
interface WrappedPacket {
  /** Length of the packet, and of the datagram that carries it. */
  readonly packet: number;
  readonly datagram: number;
  /** Longest datagram for the destination. */
  readonly limit: number;
}

/** The MTUs of the devices of a node. Each follows the packets of its own device. */
export class DeviceMtus {
  readonly #byName: ReadonlyMap<string, DeviceMtu>;

  /** `changed` is called with a message for the log. */
  constructor(devices: readonly Device[], changed: (message: string) => void) {
    this.#byName = new Map(devices.map((device) => [device.name, new DeviceMtu(device, changed)]));
  }

  of(device: string): DeviceMtu | undefined {
    return this.#byName.get(device);
  }
}

/**
 * Lowers the MTU of a device to the length of the longest packet that fits a datagram. The gain is the number of bytes that the headers
 * around a packet add; it depends on the destination. The first packet of a connection shows the gain before a long packet is sent.
 */
export class DeviceMtu {
  readonly #device: Device;
  readonly #changed: (message: string) => void;
  /** The kernel does not let this process change the MTU. */
  #isRefused = false;
  /** Greatest number of bytes that a packet gained, and the limit, by destination. */
  readonly #gains = new Map<string, { readonly gain: number; readonly limit: number }>();

  constructor(device: Device, changed: (message: string) => void) {
    this.#device = device;
    this.#changed = changed;
  }

  /** Returns whether a packet for a destination gains more bytes than all before, so that `note` may change the MTU. */
  isLongest(to: string, gain: number, limit: number): boolean {
    if (this.#device.lowerMtu === undefined || this.#isRefused) return false;
    const known = this.#gains.get(to);
    return known === undefined || gain > known.gain || limit !== known.limit;
  }

  /**
   * Takes note of a packet for a destination. `exact`, if given, is the number of bytes that a packet of full length gains. Without it, the
   * MTU leaves room for padding and longer length fields.
   */
  note(to: string, { packet, datagram, limit }: WrappedPacket, exact?: number): void {
    const gain = datagram - packet;
    if (this.#device.lowerMtu === undefined || !this.isLongest(to, gain, limit)) return;
    const known = this.#gains.get(to);
    if (known === undefined && this.#gains.size >= DESTINATIONS_MAX) this.#gains.clear();
    this.#gains.set(to, { gain: Math.max(gain, known?.gain ?? 0), limit });
    const spare = packet < SHORT_PACKET ? LENGTH_BYTES : PADDING_BYTES;
    const header = this.#device.kind === "tap" ? ETHERNET_HEADER : 0;
    const mtu = Math.max(MTU_MIN, limit - header - (exact ?? gain + spare));
    const { name, mtu: before } = this.#device;
    if (mtu >= before) return;
    const why = `longer packets to ${to} do not fit datagrams of ${limit} bytes`;
    const refusal = this.#device.lowerMtu(mtu);
    this.#isRefused = refusal !== undefined;
    if (refusal === undefined) this.#changed(`${name}: MTU ${mtu} instead of ${before}: ${why}`);
    else
      this.#changed(
        `${name}: the MTU cannot be lowered to ${mtu} (${refusal}): ${why}, and are fragmented or reported`,
      );
  }
}
