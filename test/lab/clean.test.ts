import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { MOSAIC } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

const folder = mkdtempSync(join(tmpdir(), "mosaic-clean-"));
afterAll(() => rmSync(folder, { recursive: true }));

const LAB = join(folder, "lab.toml");
writeFileSync(
  LAB,
  `duration = "1min"
programs = ["tunnel.mzl"]
hosts = 2
[[links]]
between = "all"
delay = "5ms"
[[traffic]]
from = "a"
to = "b"
`,
);

/** Shell function that prints all state of labs: namespaces, devices, addresses, routes, rules, nft tables, files, processes. */
const STATE = `state() {
  ip netns; ip -o link; ip -o addr; ip route; ip rule; command -v nft >/dev/null && nft list ruleset
  find /run "$TMPDIR" | sort
  grep -laz '^MOSAIC_LAB=' /proc/[0-9]*/environ 2>/dev/null
}`;

/**
 * Runs a shell script in new network, mount and pid namespaces, with an empty /run and an empty temporary folder. `keep` is a
 * folder outside. Returns the lines of its output.
 */
function runIsolated(script: string): readonly string[] {
  const isolated = ["--net", "--mount", "--pid", "--fork", "--mount-proc"];
  const start = "mount -t tmpfs tmpfs /run; mkdir -p /run/netns";
  const { stdout, stderr } = spawnSync("unshare", [...isolated, "sh", "-c", `${start}\n${STATE}\n${script}`], {
    env: { ...process.env, keep: folder, TMPDIR: mkdtempSync(join(folder, "tmp-")), MOSAIC, LAB },
    encoding: "utf8",
    timeout: 60_000,
  });
  return [...stdout.split("\n"), ...stderr.split("\n")].filter((line) => line !== "");
}

/** Shell commands that start a lab and wait until its nodes answer each other. */
const START = `
state > "$keep/before"
: > "$keep/shown"; "$MOSAIC" lab "$LAB" > "$keep/shown" 2>&1 & lab=$!
for _ in $(seq 100); do grep -q '·' "$keep/shown" && break; sleep 0.1; done
ip netns | wc -l
state > "$keep/during"; cmp -s "$keep/before" "$keep/during" || echo changed`;

const COMPARE = `state > "$keep/after"; diff "$keep/before" "$keep/after" && echo as before`;

describe("after a lab", { timeout: 60_000 }, () => {
  beforeEach(({ skip }) => {
    const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "unshare", "pgrep");
    skip(reason !== undefined, reason);
  });

  test("was interrupted, nothing is left", () => {
    expect(runIsolated(`${START}\nkill -INT $lab; wait $lab 2>/dev/null; echo exit $?\n${COMPARE}`)).toEqual([
      "3",
      "changed",
      "exit 1",
      "as before",
    ]);
  });

  test("was killed, its guard removes everything", () => {
    const wait = 'for _ in $(seq 50); do [ -z "$(ip netns 2>/dev/null)" ] && break; sleep 0.1; done; sleep 0.2';
    expect(runIsolated(`${START}\nkill -KILL $lab; wait $lab 2>/dev/null; ${wait}\n${COMPARE}`)).toEqual([
      "3",
      "changed",
      "as before",
    ]);
  });

  test("was killed together with its guard, `mosaic lab --clean` removes and lists everything", () => {
    const kill = "guard=$(pgrep -P $lab -x sh); kill -KILL $lab $guard; wait $lab 2>/dev/null";
    const clean = `"$MOSAIC" lab --clean | sed 's/[0-9][0-9]*/N/g' | sort | uniq -c | sed 's/^ *//'`;
    const again = '"$MOSAIC" lab --clean; "$MOSAIC" lab --clean --json';
    const lines = runIsolated(`${START}\n${kill}; ip netns | wc -l\n${clean}\n${again}\n${COMPARE}`);
    expect(lines).toEqual([
      "3",
      "changed",
      "3",
      "1 folder /run/mosaic-lab/N",
      "1 namespace mzN-HUB",
      "1 namespace mzN-a",
      "1 namespace mzN-b",
      expect.stringMatching(/^\d process N of lab N$/),
      "nothing was left",
      '{"version":1,"removed":[]}',
      "as before",
    ]);
  });

  test("was started, `mosaic lab --clean` removes nothing while it runs", () => {
    expect(runIsolated(`${START}\n"$MOSAIC" lab --clean; ip netns | wc -l; kill -INT $lab; wait $lab`)).toEqual([
      "3",
      "changed",
      "nothing was left",
      "3",
    ]);
  });
});
