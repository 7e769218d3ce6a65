import { errnoMessage, errnoName } from "../../native/errno.ts";
import { loadNative, type Refusal, type TunHandle } from "../../native/index.ts";
import type { Tun, TunCounters } from "../world/world.ts";
import { type Cidr, formatCidr } from "./cidr.ts";

export interface TunOptions {
  /** The interface's name; the first free of `mosaic0`, `mosaic1`, ... when undefined. */
  readonly name: string | undefined;
  /** None when undefined: the interface is up, and whoever wants to gives it one. */
  readonly address: Cidr | undefined;
  readonly mtu: number;
  /** Called once when the interface disappears while it is open; everything written later is refused. */
  readonly lost?: (code: string) => void;
}

export type TunResult =
  | { readonly ok: true; readonly tun: Tun }
  | { readonly ok: false; readonly code: string; readonly message: string };

const NAME_PATTERN = "mosaic%d";
const NAME_LENGTH_MAX = 15;

/** The least MTU that the kernel has IPv6 on, and what it sets at all. */
const IPV6_MTU_MIN = 1280;
const MTU_MIN = 68;
const MTU_MAX = 65_535;

/** Room for a wake: 64 packets of an ordinary MTU, or 8 of the largest. */
const ARENA_BYTES = 512 << 10;
const INDEX_LENGTH = 128;

const NO_ADDRESS = { bytes: new Uint8Array(0), prefix: 0 };

/** Creates a TUN interface of this network namespace, with its address, and brings it up. */
export function openTun(options: TunOptions): TunResult {
  const fault = faultIn(options);
  if (fault !== undefined) return { ok: false, code: "EINVAL", message: fault };
  const native = loadNative();
  if ("missing" in native) return { ok: false, code: "ENOSYS", message: `no TUN interface: ${native.missing}` };
  const handle = native.openTun(options.name ?? NAME_PATTERN);
  if ("errno" in handle) return refuse(handle, `cannot open TUN interface ${options.name ?? ""}`.trimEnd(), options);
  return configure(handle, options);
}

function faultIn({ name, address, mtu }: TunOptions): string | undefined {
  if (name !== undefined && !isInterfaceName(name)) {
    return `bad interface name ${JSON.stringify(name)}: 1 to ${NAME_LENGTH_MAX} characters without space, "/" and ":"`;
  }
  if (!Number.isInteger(mtu) || mtu < MTU_MIN || mtu > MTU_MAX) return `bad MTU ${mtu}: from ${MTU_MIN} to ${MTU_MAX}`;
  if (address?.bytes.length === 16 && mtu < IPV6_MTU_MIN) return `bad MTU ${mtu}: IPv6 needs ${IPV6_MTU_MIN} or more`;
  return undefined;
}

/** As the kernel has it; in ASCII, and without the `%` that it would fill in. */
function isInterfaceName(name: string): boolean {
  return /^[!-~]+$/.test(name) && name.length <= NAME_LENGTH_MAX && !/[/:%]/.test(name) && !/^\.\.?$/.test(name);
}

function configure(handle: TunHandle, options: TunOptions): TunResult {
  const { address, mtu } = options;
  const { bytes, prefix } = address ?? NO_ADDRESS;
  const refusal = handle.configure(bytes, prefix, mtu);
  if (refusal === undefined) return { ok: true, tun: new LinuxTun(handle, options) };
  handle.close(() => {});
  const wanted = address === undefined ? `MTU ${mtu}` : `address ${formatCidr(address)} and MTU ${mtu}`;
  return refuse(refusal, `cannot give ${handle.name} ${wanted}`, options);
}

function refuse(refusal: Refusal, what: string, options: TunOptions): TunResult {
  const code = errnoName(refusal.errno);
  return { ok: false, code, message: `${what}: ${explain(code, refusal, options)}` };
}

function explain(code: string, refusal: Refusal, options: TunOptions): string {
  const known = refusal.call === "SIOCSIFADDR" ? explainAddress(code, options) : explainOpen(code, refusal.call);
  return known ?? `${errnoMessage(refusal.errno)} (${code} from ${refusal.call})`;
}

function explainOpen(code: string, call: string): string | undefined {
  switch (code) {
    case "EPERM":
    case "EACCES":
      return "no permission; run as root, with CAP_NET_ADMIN, or inside `unshare -Urn`";
    case "ENOENT":
    case "ENODEV":
    case "ENXIO":
      return call === "open" ? "no /dev/net/tun; the kernel or the container has no TUN device" : undefined;
    case "EBUSY":
      return "it is in use by another process";
    case "EEXIST":
      return "an interface of that name exists already, and it is not a TUN interface";
    default:
      return undefined;
  }
}

function explainAddress(code: string, options: TunOptions): string | undefined {
  const ipv6 = options.address?.bytes.length === 16;
  if (ipv6 && ["EACCES", "EAFNOSUPPORT", "EOPNOTSUPP"].includes(code)) return "IPv6 is disabled on this machine";
  return code === "EEXIST" || code === "EADDRNOTAVAIL" ? "the kernel does not take this address" : undefined;
}

/** A TUN interface of the kernel. It is read from when somebody wants its packets; until then the kernel queues them. */
class LinuxTun implements Tun {
  readonly name: string;
  readonly mtu: number;
  readonly counters: TunCounters = { read: 0, readBytes: 0, written: 0, writtenBytes: 0, refused: new Map() };
  readonly #handle: TunHandle;
  readonly #arena: Uint8Array = new Uint8Array(ARENA_BYTES);
  readonly #index: Uint32Array = new Uint32Array(INDEX_LENGTH);
  readonly #lost: ((code: string) => void) | undefined;
  #receive: ((packet: Uint8Array) => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(handle: TunHandle, options: TunOptions) {
    this.name = handle.name;
    this.mtu = options.mtu;
    this.#handle = handle;
    this.#lost = options.lost;
  }

  onPacket(receive: (packet: Uint8Array) => void): void {
    const started = this.#receive !== undefined;
    this.#receive = receive;
    if (!started) this.#start();
  }

  write(packet: Uint8Array): void {
    const errno = this.#handle.write(packet);
    if (errno !== 0) return this.#refuse(errnoName(errno));
    this.counters.written++;
    this.counters.writtenBytes += packet.length;
  }

  async close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#handle.close(resolve));
    await this.#closed;
  }

  #start(): void {
    const refusal = this.#handle.start(this.#arena, this.#index, (count, errno) => this.#wake(count, errno));
    if (refusal !== undefined) this.#lost?.(errnoName(refusal.errno));
  }

  #wake(count: number, errno: number): void {
    for (let i = 0; i < count; i++) this.#take(this.#index[2 * i] ?? 0, this.#index[2 * i + 1] ?? 0);
    if (errno !== 0) this.#lost?.(errnoName(errno));
  }

  /** A receiver may close the interface in the middle of a batch; the rest of it is not delivered. */
  #take(offset: number, length: number): void {
    if (this.#closed !== undefined) return;
    this.counters.read++;
    this.counters.readBytes += length;
    this.#receive?.(this.#arena.subarray(offset, offset + length));
  }

  #refuse(reason: string): void {
    this.counters.refused.set(reason, (this.counters.refused.get(reason) ?? 0) + 1);
  }
}
