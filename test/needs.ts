import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const SANITIZED: readonly string[] = ["-fsanitize=address,undefined"];
/** The interpreter that Debian packages of Python modules are for. */
export const DEBIAN_PYTHON = "/usr/bin/python3";
const MAIN: SpawnSyncOptions = { input: "int main(void) { return 0; }" };

/** Requirements of tests on the machine. Any other name is the name of a command. */
const CONDITIONS: Readonly<Record<string, () => boolean>> = {
  root: () => process.geteuid?.() === 0,
  "network namespaces": () => spawnSync("unshare", ["-n", "true"]).status === 0,
  "user namespaces": () => spawnSync("unshare", ["-Urn", "true"]).status === 0,
  "/dev/net/tun": () => isAllowed("/dev/net/tun", constants.R_OK | constants.W_OK),
  IPv6: () => existsSync("/proc/net/if_inet6") && readFileSync("/proc/net/if_inet6", "utf8") !== "",
  "address sanitizer": () => spawnSync("cc", [...SANITIZED, "-x", "c", "-", "-o", "/dev/null"], MAIN).status === 0,
  scapy: () => spawnSync(DEBIAN_PYTHON, ["-c", "import cryptography, scapy.layers.ipsec"]).status === 0,
  addon: () => existsSync(new URL("../native/build/mosaic.node", import.meta.url)),
};

/** Folders of system commands, which the PATH of some users lacks. */
const SYSTEM_FOLDERS: readonly string[] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** Returns the reason to skip a test: its requirements that are not met. Undefined if all are met. */
export function needs(...requirements: readonly string[]): string | undefined {
  const missing = requirements.filter((name) => !(CONDITIONS[name]?.() ?? hasCommand(name)));
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

function hasCommand(name: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  return folders.some((folder) => isAllowed(join(folder, name), constants.X_OK));
}

function isAllowed(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}
