import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { I3 } from "./i3-program.ts";
import { runIn } from "./run-in.ts";

/** Rule a2 of the MOSAIC paper, with a period of 1 s instead of 10, over a rendezvous overlay. */
const ALARM = `import "i3.mzl".
materialize(cpuLoad, infinity, 1, keys(1)).
materialize(nodeName, infinity, 1, keys(1)).
materialize(serverName, infinity, 1, keys(1)).
materialize(monitors, infinity, infinity, keys(1)).
a2: alarm@R(L, N) :- periodic(E, 1), cpuLoad(L), nodeName(N), serverName(N), L > 20, Key := f_sha1(N), R := i3::Key.
m1: i3.wanted(Key) :- monitors(N), Key := f_sha1(N).
m2: received(L, N) :- alarm(L, N).
`;

const MOVE = 4.2;
const TOPOLOGY = `duration = "9s"
programs = ["alarm.mzl"]
watch = ["received", "i3.trigger"]
[networks]
near = { range = "10.1.0.0/24" }
far = { range = "10.2.0.0/24" }
core = { range = "10.3.0.0/24" }
[hosts]
web = { network = "core", facts = ['cpuLoad(21)', 'nodeName("web")', 'serverName("web")', 'i3.server("10.3.0.2:10000")'] }
rendezvous = { network = "core" }
monitor = { network = "near", facts = ['monitors("web")', 'i3.server("10.3.0.2:10000")'] }
[[events]]
at = "${MOVE * 1000}ms"
move = "monitor"
to = "far"
`;

const folder = mkdtempSync(join(tmpdir(), "mosaic-mobility-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "alarm.mzl"), ALARM);
writeFileSync(join(folder, "i3.mzl"), I3);

describe.for(["simulator", "kernel"] as const)("in the %s", (world) => {
  const reason =
    world === "kernel" ? needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "nft", "tc") : undefined;

  test("a monitor that changes its IP address continues to receive alarms sent to its key", async ({ skip }) => {
    skip(reason !== undefined, reason);
    const seen = (await runIn(world, TOPOLOGY, join(folder, "lab.toml"))).filter((one) => one.kind === "watch");
    const triggers = seen.filter(({ line }) => line.op === "+" && line.tuple[0] === "i3.trigger");
    expect(triggers.map(({ host, line }) => [host, line.tuple[2]])).toEqual([
      ["rendezvous", "10.1.0.1:10000"],
      ["rendezvous", "10.2.0.1:10000"],
    ]);
    const alarms = seen.filter(({ line }) => line.tuple[0] === "received");
    expect(new Set(alarms.map(({ host }) => host))).toEqual(new Set(["monitor"]));
    expect(alarms.filter(({ at }) => at < MOVE).length).toBeGreaterThanOrEqual(2);
    expect(alarms.filter(({ at }) => at > MOVE + 1).length).toBeGreaterThanOrEqual(2);
  });
});
