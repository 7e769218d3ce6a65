/**
 * Tests of hosts that move: `mobility.test.ts` has both in the simulator and one in the kernel, `mobility.long.test.ts` both in the kernel.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
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

/** Members of ron learn of the new address of a member, and replace the old one. */
const FOLLOW = `import "ron.mzl".
import "tunnel.mzl".
materialize(heard, infinity, infinity, keys(1,2)).
materialize(was, 5, infinity, keys(1)).
t0: was(Old) :- ron.rebound(Old, _).
t1: moved@To(Old, New) :- periodic(_, 300ms), was(Old), ron.localAddr(New), ron.member(To).
t2: ron.member(New) :- moved(Old, New), ron.member(Old).
t3: delete ron.member(Old) :- moved(Old, _).
t4: addressMap(V, ron::New) :- moved(Old, New), addressMap(V, ron::Old).
t5: heard(Device, Ip) :- hostAddr(Device, Ip).
`;

const ROAMING = `duration = "9s"
programs = ["ron.mzl", "tunnel.mzl", "follow.mzl"]
watch = ["localAddr", "ron.localAddr", "ron.member", "addressMap", "hostAddr"]
[networks]
near = { range = "10.1.0.0/24" }
far = { range = "10.2.0.0/24" }
core = { range = "10.3.0.0/24" }
[hosts]
roamer = { network = "near" }
left = { network = "core" }
right = { network = "core" }
[[traffic]]
from = "roamer"
to = "left"
at = "2s"
[[events]]
at = "${MOVE * 1000}ms"
move = "roamer"
to = "far"
`;

const folder = mkdtempSync(join(tmpdir(), "mosaic-mobility-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "alarm.mzl"), ALARM);
writeFileSync(join(folder, "i3.mzl"), I3);
writeFileSync(join(folder, "follow.mzl"), FOLLOW);

type World = "simulator" | "kernel";

/** Skips a test in the kernel if this host lacks a requirement. */
function skipIfLacking(world: World, skip: (condition: boolean, reason?: string) => void): void {
  if (world !== "kernel") return;
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "nft", "tc");
  skip(reason !== undefined, reason);
}

export function testMonitor(world: World): void {
  test(`in the ${world}, a monitor that changes its IP address continues to receive alarms sent to its key`, async ({
    skip,
  }) => {
    skipIfLacking(world, skip);
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
}

export function testRoamer(world: World): void {
  test(`in the ${world}, a node that listens at all addresses follows its host, which stays in its overlay`, async ({
    skip,
  }) => {
    skipIfLacking(world, skip);
    const seen = await runIn(world, ROAMING, join(folder, "roaming.toml"));
    const rows = (host: string, table: string): readonly string[] =>
      seen.flatMap((one) =>
        one.kind === "watch" && one.host === host && one.line.tuple[0] === table && one.line.op !== "event"
          ? [
              `${one.line.op} ${one.line.tuple
                .slice(1)
                .map((value) => JSON.stringify(value))
                .join(" ")}`,
            ]
          : [],
      );
    const [before, after] = ["10.1.0.1:10000", "10.2.0.1:10000"];
    for (const table of ["localAddr", "ron.localAddr"])
      expect(rows("roamer", table)).toEqual([`+ "${before}"`, `- "${before}"`, `+ "${after}"`]);
    expect(rows("roamer", "hostAddr")).toEqual(['+ "eth0" "10.1.0.1"', '- "eth0" "10.1.0.1"', '+ "eth0" "10.2.0.1"']);
    // The tables that do not depend on the address are as before.
    for (const table of ["ron.member", "addressMap"])
      expect(rows("roamer", table).some((row) => row[0] === "-")).toBe(false);
    for (const host of ["left", "right"]) {
      expect(rows(host, "localAddr")).toHaveLength(1);
      expect(rows(host, "ron.member").slice(2)).toEqual([`- "${before}"`, `+ "${after}"`]);
    }
    const answered = seen.flatMap((one) => (one.kind === "ping" && one.report.kind === "reply" ? [one.at] : []));
    expect(answered.filter((at) => at < MOVE).length).toBeGreaterThanOrEqual(2);
    expect(answered.filter((at) => at > MOVE + 2).length).toBeGreaterThanOrEqual(2);
  });
}
