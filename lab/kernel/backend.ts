import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { loadNative } from "../../native/index.ts";
import { FORWARDING } from "./namespace-plan.ts";

/** Environments in which a topology can run on this machine. */
export type Backend =
  | { readonly kind: "kernel" }
  /** The kernel, through a second process in a user namespace. */
  | { readonly kind: "user namespace" }
  | { readonly kind: "simulator"; readonly because: string };

const TUN = "/dev/net/tun";

/** Shell command that tests for the privileges that a lab needs: creates the namespace `$1`, enables forwarding in it, and removes it. */
const NAMESPACE_TRIAL = `ip netns add "$1" && ip netns exec "$1" sh -c '${FORWARDING}'; code=$?; ip netns del "$1"; exit $code`;

/** Returns a command line that runs a command as root of a new user namespace with a private /run, which holds namespace names. */
export function inUserNamespace(command: readonly string[]): readonly string[] {
  return ["unshare", "-Urnm", "sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh", ...command];
}

/** Finds the most realistic backend: the kernel, then a user namespace, then the simulator. */
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
