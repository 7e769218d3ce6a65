import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What a test may need of the machine it runs on; any other word is a command. */
const CONDITIONS: Readonly<Record<string, () => boolean>> = {
  root: () => process.geteuid?.() === 0,
  "/dev/net/tun": () => existsSync("/dev/net/tun"),
  IPv6: () => existsSync("/proc/net/if_inet6") && readFileSync("/proc/net/if_inet6", "utf8") !== "",
  addon: () => existsSync(new URL("../native/build/mosaic.node", import.meta.url)),
};

/** Where system commands are for those whose PATH leaves them out. */
const SYSTEM_FOLDERS: readonly string[] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** The reason to skip a test that needs all of these (`root`, `/dev/net/tun`, `addon`, or commands); undefined when all are there. */
export function needs(...wanted: readonly string[]): string | undefined {
  const missing = wanted.filter((name) => !(CONDITIONS[name]?.() ?? hasCommand(name)));
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

function hasCommand(name: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  return folders.some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
