/** Sockets and devices that another process holds, as `/proc` shows them to its owner. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { formatHostPort, unmapped } from "../../../runtime/plan/values/host-port.ts";
import { formatIp } from "../../../runtime/plan/values/ip-address.ts";

export interface ProcessSockets {
  /** Paths of the Unix sockets at which the process listens, as the process wrote them. */
  readonly unix: readonly string[];
  /** Addresses of its unconnected UDP sockets, `host:port`, in the order of their descriptors. */
  readonly udp: readonly string[];
  /** Names of its TUN and TAP devices. */
  readonly devices: readonly string[];
}

/** Flag of a listening socket in `/proc/net/unix`. */
const LISTENING = 0x10000;
const TUN_PATH = "/dev/net/tun";

/** Returns the sockets of a process; undefined if this user may not see them, or the process has ended. */
export function processSockets(pid: number): ProcessSockets | undefined {
  const descriptors = attempt(() => readdirSync(`/proc/${pid}/fd`));
  if (descriptors === undefined) return undefined;
  const targets = descriptors
    .toSorted((one, other) => Number(one) - Number(other))
    .map((fd) => ({ fd, target: attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? "" }));
  const inodes = targets.flatMap(({ target }) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
  const unix = unixPaths(pid);
  const udp = new Map([...udpAddresses(pid, "udp"), ...udpAddresses(pid, "udp6")]);
  return {
    unix: inodes.flatMap((inode) => unix.get(inode) ?? []),
    udp: inodes.flatMap((inode) => udp.get(inode) ?? []),
    devices: targets.flatMap(({ fd, target }) => (target === TUN_PATH ? (deviceOf(pid, fd) ?? []) : [])),
  };
}

/** Paths of listening Unix sockets by inode, in the network namespace of the process. */
function unixPaths(pid: number): ReadonlyMap<string, string> {
  return new Map(
    linesOf(pid, "unix").flatMap((line): readonly [string, string][] => {
      const [, flags = "", inode = "", path = ""] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (\/.*)$/.exec(line) ?? [];
      return (parseInt(flags, 16) & LISTENING) === 0 ? [] : [[inode, path]];
    }),
  );
}

/** Addresses of unconnected UDP sockets, with their inodes. */
function udpAddresses(pid: number, file: "udp" | "udp6"): readonly (readonly [string, string])[] {
  return linesOf(pid, file).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [local = "", remote = "", inode = ""] = [fields[1], fields[2], fields[9]];
    return remote.endsWith(":0000") ? [[inode, addressIn(local)] as const] : [];
  });
}

/** Reads `0100007F:2710`: the words of the address in the byte order of the processor, and the port. */
function addressIn(text: string): string {
  const [host = "", port = ""] = text.split(":");
  const bytes = Buffer.from(host, "hex").swap32();
  return formatHostPort(unmapped(formatIp(bytes)), parseInt(port, 16));
}

function deviceOf(pid: number, fd: string): string | undefined {
  const text = attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8")) ?? "";
  return /^iff:\s*(\S+)$/m.exec(text)?.[1];
}

function linesOf(pid: number, file: string): readonly string[] {
  const text = attempt(() => readFileSync(`/proc/${pid}/net/${file}`, "utf8")) ?? "";
  return text
    .split("\n")
    .slice(1)
    .filter((line) => line !== "");
}

/** Returns undefined if `read` fails: a process may end while it is read, or belong to another user. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
