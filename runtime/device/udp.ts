/**
 * Opens UDP sockets and explains failures to the user. native-datagrams.ts sends and receives the datagrams, or node-datagrams.ts
 * where the addon is not built.
 */
import { loadNative } from "../../native/index.ts";
import type { Datagrams, MoveResult } from "../world/world.ts";
import { type Family, type Resolve, resolveName } from "./destinations.ts";
import { type HostPort, parseHostPort } from "../plan/values/host-port.ts";
import type { Dscp } from "./dscp.ts";
import type { LinuxFlowCache } from "./linux-flow-cache.ts";
import type { NativeLinks } from "./native-links.ts";
import { type MovableDatagrams, openNativeDatagrams } from "./native-datagrams.ts";
import { openNodeDatagrams } from "./node-datagrams.ts";
import type { IoBatch } from "./io-batch.ts";

export type UdpResult =
  | {
      readonly ok: true;
      readonly datagrams: Datagrams;
      /** Moves to a new socket at another address; `listen` is as for `openUdp`. Absent without the addon. */
      readonly moveTo?: (listen: string) => Promise<MoveResult>;
    }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface UdpOptions {
  readonly maxPayload?: number;
  /** Looks up the addresses of a name. Default: the resolver of the system. */
  readonly resolve?: Resolve;
  /** Whether to combine consecutive datagrams of one sender and length into packet trains. Default: false. */
  readonly trains?: boolean;
  /** Whether to use UDP GSO if the kernel supports it. Default: true. */
  readonly gso?: boolean;
  /** Whether to use UDP GRO if the kernel supports it. Requires `trains`. Default: true. */
  readonly gro?: boolean;
  /** Whether datagrams without a packet of the device are received on a queue of their own. Default: true. Needs the addon. */
  readonly steers?: boolean;
  /** Greatest number of datagrams, or trains joined by the kernel, that one read cycle receives. Default: 64. Needs the addon. */
  readonly slots?: number;
  /** DSCP of the datagrams. Default: 0. Needs the addon. */
  readonly dscp?: Dscp;
  /** Receives a message for the user when the socket lacks a wanted offload, or gives one up. */
  readonly onAdapted?: (message: string) => void;
  /** The I/O batch that all devices of the node share. A new one by default. */
  readonly ioBatch?: IoBatch;
  /** The flow cache of the node. None by default. */
  readonly flowCache?: LinuxFlowCache | undefined;
  /** Links to the peers, which datagrams are sealed for. By default datagrams are not sealed. Needs the addon. */
  readonly links?: NativeLinks | undefined;
}

/** Payload of an Ethernet frame (1500) less the headers of IPv6 (40) and UDP (8). */
const MAX_PAYLOAD = 1452;

/** Opens a UDP socket on `listen` (`host:port`, numeric or a name; port 0 takes a free one). */
export async function openUdp(listen: string, options: UdpOptions = {}): Promise<UdpResult> {
  const resolve = options.resolve ?? resolveName;
  const resolved = await resolveListen(listen, resolve);
  return resolved.ok ? bind(listen, resolved.at, options, resolve) : resolved;
}

async function resolveListen(
  listen: string,
  resolve: Resolve,
): Promise<
  | { readonly ok: true; readonly at: NumericAddress }
  | { readonly ok: false; readonly code: string; readonly message: string }
> {
  const parsed = parseHostPort(listen);
  if (!parsed.ok) return { ok: false, code: "EINVAL", message: parsed.message };
  const at = await numeric(parsed.at, resolve);
  if (at !== undefined) return { ok: true, at };
  return { ok: false, code: "ENOTFOUND", message: `cannot listen on ${listen}: the name has no address` };
}

interface NumericAddress {
  readonly host: string;
  readonly port: number;
  readonly family: Family;
}

async function numeric(at: HostPort, resolve: Resolve): Promise<NumericAddress | undefined> {
  if (at.family !== undefined) return { host: at.host, port: at.port, family: at.family };
  const [first] = await resolve(at.host).catch(() => []);
  return first && { host: first.address, port: at.port, family: first.family === 6 ? 6 : 4 };
}

async function bind(listen: string, at: NumericAddress, options: UdpOptions, resolve: Resolve): Promise<UdpResult> {
  const native = loadNative();
  const maxPayload = options.maxPayload ?? MAX_PAYLOAD;
  if ("missing" in native) {
    if ((options.dscp ?? 0) !== 0) options.onAdapted?.(`datagrams leave with DSCP 0: ${native.missing}`);
    const opened = await openNodeDatagrams(at.host, at.port, at.family, maxPayload, resolve, options.onAdapted);
    return opened.ok ? opened : refused(listen, opened.code, at);
  }
  const settings = { ...options, family: at.family, maxPayload, resolve };
  const opened = openNativeDatagrams(native, at.host, at.port, settings);
  if (!opened.ok) return refused(listen, opened.code, at);
  const { datagrams } = opened;
  return { ok: true, datagrams, moveTo: (to) => move(datagrams, to, resolve) };
}

async function move(datagrams: MovableDatagrams, listen: string, resolve: Resolve): Promise<MoveResult> {
  const resolved = await resolveListen(listen, resolve);
  if (!resolved.ok) return resolved;
  const { at } = resolved;
  const code = await datagrams.moveTo(at.host, at.port, at.family);
  return code === undefined ? { ok: true } : refused(listen, code, at);
}

function refused(
  listen: string,
  code: string,
  at: NumericAddress,
): { readonly ok: false; readonly code: string; readonly message: string } {
  return { ok: false, code, message: `cannot listen on ${listen}: ${explain(code, at)}` };
}

function explain(code: string, at: NumericAddress): string {
  switch (code) {
    case "EADDRINUSE":
      return `port ${at.port} is in use by another program`;
    case "EACCES":
      return `port ${at.port} is for root only; take one above 1023`;
    case "EADDRNOTAVAIL":
      return `${at.host} is not an address of this machine`;
    default:
      return code;
  }
}
