/** Opens TUN and TAP interfaces and explains failures to the user. linux-tun.ts reads and writes the packets. */
import { errnoMessage, errnoName } from "../../native/errno.ts";
import { loadNative, type SystemCallFailure, type TunHandle } from "../../native/index.ts";
import type { Device } from "../world/world.ts";
import { type Cidr, formatCidr } from "../ip/cidr.ts";
import type { LinuxFlowCache } from "./linux-flow-cache.ts";
import { LinuxTun } from "./linux-tun.ts";
import type { IoBatch } from "./io-batch.ts";

export interface TunOptions {
  /** Default: `tun`. A TAP interface has no offloads and no trains. */
  readonly kind?: Device["kind"];
  /** Name of the interface; undefined for the first free one of `mosaic0`, `mosaic1`, ... */
  readonly name: string | undefined;
  /** Address of the interface; undefined for none. The interface is brought up in any case. */
  readonly address: Cidr | undefined;
  readonly mtu: number;
  /** Whether the MTU stays as it is; otherwise the node may lower it. Default: false. */
  readonly isMtuFixed?: boolean;
  /** Whether to pass consecutive packets of one flow on as one packet train. Default: false. */
  readonly trains?: boolean;
  /** Whether to use TCP and UDP segmentation offload if the kernel supports it. Requires `trains`. Default: true. */
  readonly tso?: boolean;
  /** Called once if the interface disappears before it is closed. All later writes are refused. */
  readonly onLost?: (code: string) => void;
  /** The I/O batch that all devices of the node share. A new one by default. */
  readonly ioBatch?: IoBatch;
  /** The flow cache of the node. None by default. */
  readonly flowCache?: LinuxFlowCache | undefined;
}

interface TunRefusal {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
}

export type TunResult = { readonly ok: true; readonly tun: Device } | TunRefusal;
type HandleResult = { readonly ok: true; readonly handle: TunHandle } | TunRefusal;

const NAME_PATTERN = "mosaic%d";
const NAME_LENGTH_MAX = 15;

/** Bounds of the MTU: the minimum of IPv6, and the minimum and maximum of the kernel. */
const IPV6_MTU_MIN = 1280;
const MTU_MIN = 68;
const MTU_MAX = 65_535;

const NO_ADDRESS = { bytes: new Uint8Array(0), prefix: 0 };

/** Creates a TUN or TAP interface in the network namespace of this process, gives it its address, and brings it up. */
export function openTun(options: TunOptions): TunResult {
  const fault = faultIn(options);
  if (fault !== undefined) return { ok: false, code: "EINVAL", message: fault };
  const opened = openHandle(options);
  if (!opened.ok) return opened;
  const { handle } = opened;
  const reopen = (mtu: number): HandleResult => openHandle({ ...options, name: handle.name, mtu });
  const repair = (current: TunHandle, mtu: number): TunRefusal | undefined => configure(current, { ...options, mtu });
  return { ok: true, tun: new LinuxTun(handle, { ...options, reopen, repair }) };
}

/** Opens an interface, gives it its address, and brings it up. */
function openHandle(options: TunOptions): HandleResult {
  const native = loadNative();
  if ("missing" in native)
    return { ok: false, code: "ENOSYS", message: `no ${kindName(options)} interface: ${native.missing}` };
  const isTap = options.kind === "tap";
  const hasOffloads = !isTap && options.trains === true && options.tso !== false;
  const handle = native.openTun(options.name ?? NAME_PATTERN, hasOffloads, isTap);
  const kind = kindName(options);
  if ("errno" in handle)
    return refuse(handle, `cannot open ${kind} interface ${options.name ?? ""}`.trimEnd(), options);
  const refusal = configure(handle, options);
  if (refusal === undefined) return { ok: true, handle };
  handle.close(() => {});
  return refusal;
}

function faultIn({ name, address, mtu }: TunOptions): string | undefined {
  if (name !== undefined && !isInterfaceName(name)) {
    return `bad interface name ${JSON.stringify(name)}: use 1 to ${NAME_LENGTH_MAX} ASCII characters without space, "/", ":" and "%"`;
  }
  if (!Number.isInteger(mtu) || mtu < MTU_MIN || mtu > MTU_MAX) return `bad MTU ${mtu}: from ${MTU_MIN} to ${MTU_MAX}`;
  if (address?.bytes.length === 16 && mtu < IPV6_MTU_MIN) return `bad MTU ${mtu}: IPv6 needs ${IPV6_MTU_MIN} or more`;
  return undefined;
}

/** Whether the kernel accepts the name. Only ASCII is allowed, and no `%`: the kernel would replace `%d` by a number. */
function isInterfaceName(name: string): boolean {
  return /^[!-~]+$/.test(name) && name.length <= NAME_LENGTH_MAX && !/[/:%]/.test(name) && !/^\.\.?$/.test(name);
}

function configure(handle: TunHandle, options: TunOptions): TunRefusal | undefined {
  const { address, mtu } = options;
  const { bytes, prefix } = address ?? NO_ADDRESS;
  const refusal = handle.configure(bytes, prefix, mtu);
  if (refusal === undefined) return undefined;
  const wanted = address === undefined ? `MTU ${mtu}` : `address ${formatCidr(address)} and MTU ${mtu}`;
  return refuse(refusal, `cannot configure ${handle.name} with ${wanted}`, options);
}

function refuse(refusal: SystemCallFailure, what: string, options: TunOptions): TunRefusal {
  const code = errnoName(refusal.errno);
  return { ok: false, code, message: `${what}: ${explain(code, refusal, options)}` };
}

function kindName({ kind }: TunOptions): string {
  return kind === "tap" ? "TAP" : "TUN";
}

function explain(code: string, refusal: SystemCallFailure, options: TunOptions): string {
  const known =
    refusal.call === "SIOCSIFADDR" ? explainAddress(code, options) : explainOpen(code, refusal.call, kindName(options));
  return known ?? `${errnoMessage(refusal.errno)} (${code} from ${refusal.call})`;
}

function explainOpen(code: string, call: string, kind: string): string | undefined {
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
      return `an interface of that name exists already, and it is not a ${kind} interface`;
    default:
      return undefined;
  }
}

function explainAddress(code: string, options: TunOptions): string | undefined {
  const ipv6 = options.address?.bytes.length === 16;
  if (ipv6 && ["EACCES", "EAFNOSUPPORT", "EOPNOTSUPP"].includes(code)) return "IPv6 is disabled on this machine";
  return code === "EEXIST" || code === "EADDRNOTAVAIL" ? "the kernel rejects this address" : undefined;
}
