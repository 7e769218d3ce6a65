import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { loadNative } from "../../native/index.ts";
import { FORWARDING } from "./namespace-plan.ts";

/** Where a topology can run on this machine. */
export type Backend =
  | { readonly kind: "kernel" }
  /** In the kernel, by a process that has been started anew in a user namespace. */
  | { readonly kind: "user namespace" }
  | { readonly kind: "simulator"; readonly because: string };

const TUN = "/dev/net/tun";

/** What a lab does with namespaces, once and in small; nothing of it is left. Its name is the first argument. */
const NAMESPACE_TRIAL = `ip netns add "$1" && ip netns exec "$1" sh -c '${FORWARDING}'; ended=$?; ip netns del "$1"; exit $ended`;

/** The command prefix that runs a command as root of a user namespace, with a folder for names of network namespaces. */
export function inUserNamespace(command: readonly string[]): readonly string[] {
  return ["unshare", "-Urnm", "sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh", ...command];
}

/** Finds the place nearest to real hosts. */
export function findBackend(): Backend {
  const because = missingTun() ?? missingAddon() ?? missingCommand();
  if (because !== undefined) return { kind: "simulator", because };
  const trial = ["sh", "-c", NAMESPACE_TRIAL, "sh", `mz${process.pid}-TRY`];
  const isRoot = process.geteuid?.() === 0;
  if (isRoot && succeeds(trial)) return { kind: "kernel" };
  if (succeeds(inUserNamespace(trial))) return { kind: "user namespace" };
  const reason = isRoot ? "network namespaces are not allowed here" : "neither root nor unprivileged user namespaces";
  return { kind: "simulator", because: reason };
}

function missingTun(): string | undefined {
  if (!existsSync(TUN)) return `no ${TUN}`;
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return `no permission for ${TUN}`;
  }
}

function missingAddon(): string | undefined {
  const native = loadNative();
  return "missing" in native ? native.missing : undefined;
}

function missingCommand(): string | undefined {
  return succeeds(["ip", "-V"]) ? undefined : "no `ip` command";
}

function succeeds([command = "", ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
