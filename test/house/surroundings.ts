import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "./temporary-folder.ts";
import { ROOT } from "./tree.ts";

/** Result of a test run in other surroundings. */
export interface SurroundedRun {
  readonly status: number | null;
  /** Output of Vitest, without colours. */
  readonly output: string;
}

/** User and group `nobody`. */
const NOBODY = 65_534;

const PACKAGES: string = join(ROOT, "node_modules");

/** Folders of `node_modules` that tools write to. */
const UNSHARED: ReadonlySet<string> = new Set([".cache", ".vite", ".vite-temp", ".vitest"]);

/** Command that runs its arguments as `nobody` without capabilities. */
const AS_NOBODY: readonly string[] = [
  "setpriv",
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  "--clear-groups",
  "--inh-caps=-all",
  "--bounding-set=-all",
  // An interrupted run ends its copy.
  "--pdeathsig=KILL",
];

/**
 * Shell script that runs its arguments in namespaces without IPv6 and with the loopback device alone. The installed packages
 * (`$0`) appear in the folder `$1`, so that `nobody` reaches them below any folder of root, and everybody may open the TUN
 * device, as on most distributions.
 */
const IN_NAMESPACES = `
ip link set lo up
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1
mount --bind "$0" "$1"
shift
if [ -c /dev/net/tun ]; then
  mount -t tmpfs tmpfs /dev/net
  mknod -m 666 /dev/net/tun c 10 200
fi
exec "$@"`;

/** Requirements of `Surroundings`, for `needs`. */
export const SURROUNDINGS_NEED: readonly string[] = ["root", "network namespaces", "setpriv", "ip", "sysctl", "mount"];

/**
 * Clean copy of the tree, whose tests run as the user `nobody` without capabilities, with umask 077, a Turkish locale, the time zone of
 * Kathmandu, and without IPv6. Disposing of it removes the copy.
 */
export class Surroundings implements Disposable {
  readonly #folder = new TemporaryFolder("mosaic-surroundings-");
  readonly #copy: Copy = copyTree(this.#folder.path);

  /** Runs tests. `args` are arguments of `vitest run`. */
  run(args: readonly string[], timeoutMs: number): SurroundedRun {
    const { tree, packages } = this.#copy;
    const vitest = ["node", join(packages, "vitest/vitest.mjs"), "run", ...args];
    const asUser = [...AS_NOBODY, "sh", "-c", `umask 077; cd "$0" && exec "$@"`, tree, ...vitest];
    const inNamespaces = ["-nm", "sh", "-ec", IN_NAMESPACES, PACKAGES, packages, ...asUser];
    const { status, stdout, stderr } = spawnSync("unshare", inNamespaces, {
      encoding: "utf8",
      timeout: timeoutMs,
      maxBuffer: 1 << 28,
      env: {
        PATH: [join(packages, ".bin"), process.env["PATH"], "/usr/sbin:/sbin"].join(":"),
        HOME: join(this.#folder.path, "home"),
        TMPDIR: join(this.#folder.path, "tmp"),
        // Node.js converts text for this locale even if the C library does not have it. Bash then warns of LC_ALL, not of LANG.
        LANG: "tr_TR.UTF-8",
        TZ: "Asia/Kathmandu",
        NO_COLOR: "1",
      },
    });
    return { status, output: stdout + stderr };
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

interface Copy {
  readonly tree: string;
  /** Empty folder for the installed packages. */
  readonly packages: string;
}

/** Copies the tree without its repository. The copy belongs to `nobody`. Each of its packages is a link into the folder for packages. */
function copyTree(folder: string): Copy {
  const [tree, packages] = [join(folder, "tree"), join(folder, "node_modules")];
  const skipped = [join(ROOT, ".git"), PACKAGES];
  cpSync(ROOT, tree, { recursive: true, filter: (path) => !skipped.includes(path) });
  for (const path of [packages, join(tree, "node_modules"), join(folder, "home"), join(folder, "tmp")]) mkdirSync(path);
  for (const name of readdirSync(PACKAGES)) {
    if (!UNSHARED.has(name)) symlinkSync(join(packages, name), join(tree, "node_modules", name));
  }
  // -h: the links change, and not the packages that they lead to.
  spawnSync("chown", ["-Rh", `${NOBODY}:${NOBODY}`, folder]);
  return { tree, packages };
}
