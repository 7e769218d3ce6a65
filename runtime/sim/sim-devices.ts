import { contains } from "../ip/cidr.ts";
import { parseIp } from "../plan/values/ip-address.ts";
import type { Clock, Device } from "../world/world.ts";
import { SimDevice, type SimDeviceSettings } from "./sim-device.ts";
import { SimEthernet } from "./sim-ethernet.ts";

/** A device of a running node, and the way of IPv4 packets into it. */
interface OpenDevice {
  readonly device: SimDevice;
  readonly send: (packet: Uint8Array) => void;
}

/** The devices of a simulated host and the routes of its kernel, which are the networks of the devices. */
export class SimDevices {
  readonly #settings: readonly SimDeviceSettings[];
  /** Indexes of the devices with an address, those with the longest prefix first. */
  readonly #bySpecificity: readonly number[];
  /** Number of the host, from which MAC addresses are made. */
  readonly #host: number;
  /** Receives the IPv4 packets that the node writes. */
  readonly #take: (packet: Uint8Array) => void;
  #open: readonly OpenDevice[] = [];

  constructor(settings: readonly SimDeviceSettings[], host: number, take: (packet: Uint8Array) => void) {
    this.#settings = settings;
    const prefixOf = (at: number): number => settings[at]?.network?.prefix ?? -1;
    this.#bySpecificity = [...settings.keys()]
      .filter((at) => prefixOf(at) >= 0)
      .toSorted((one, other) => prefixOf(other) - prefixOf(one));
    this.#host = host;
    this.#take = take;
  }

  /** Opens the devices for a node that starts. The devices of an earlier node get no more packets. */
  open(clock: Clock): readonly Device[] {
    this.#open = this.#settings.map((settings, at) =>
      settings.kind === "tap" ? this.#openTap(settings, at, clock) : this.#openTun(settings, clock),
    );
    return this.#open.map(({ device }) => device);
  }

  /** Removes the devices of a node that has stopped. */
  close(): void {
    this.#open = [];
  }

  /** Address of the first device that has one. */
  get address(): string | undefined {
    return this.#settings.find(({ network }) => network !== undefined)?.network?.address;
  }

  owns(address: string): boolean {
    return this.#settings.some(({ network }) => network?.address === address);
  }

  /** Returns the address of the device that packets to a destination leave by: the address that the kernel gives them. */
  sourceTo(destination: string): string | undefined {
    return this.#settings[this.#routeTo(parseIp(destination))]?.network?.address ?? this.address;
  }

  /** Returns the MTU of the device that packets to a destination leave by; undefined if there is no such device now. */
  mtuTo(destination: string): number | undefined {
    return this.#open[this.#routeTo(parseIp(destination))]?.device.mtu;
  }

  /** Sends an IPv4 packet into the device that its destination routes to. Without such a device it is lost. */
  send(packet: Uint8Array): void {
    this.#open[this.#routeTo(packet.subarray(16, 20))]?.send(packet);
  }

  /** Returns the index of the device with the longest prefix of a network that contains the address, -1 if there is none. */
  #routeTo(address: Uint8Array = new Uint8Array()): number {
    const isIn = (at: number): boolean => {
      const network = this.#settings[at]?.network;
      return network !== undefined && contains(network, address);
    };
    return this.#bySpecificity.find(isIn) ?? -1;
  }

  #openTun(settings: SimDeviceSettings, clock: Clock): OpenDevice {
    const device = new SimDevice(settings, clock, this.#take);
    return { device, send: (packet) => device.deliver(packet) };
  }

  #openTap(settings: SimDeviceSettings, at: number, clock: Clock): OpenDevice {
    const { network } = settings;
    const device: SimDevice = new SimDevice(settings, clock, (frame) => ethernet?.receive(frame));
    // The kernel does not use a TAP device without an address.
    const ethernet = network && new SimEthernet(this.#macOf(at), network.bytes, device, clock, this.#take);
    return { device, send: (packet) => ethernet?.send(packet) };
  }

  /** Returns the MAC address of a device: locally administered, with the numbers of the host and the device. */
  #macOf(at: number): Uint8Array {
    return Uint8Array.from([2, this.#host >> 24, this.#host >> 16, this.#host >> 8, this.#host, at]);
  }
}
