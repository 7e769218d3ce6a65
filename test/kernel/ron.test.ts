import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { testDownload } from "./download.ts";
import { Pings } from "./pings.ts";
import { HOST_NAMES, type HostName, RonLab, sleep, underlay, until, virtual } from "./ron-lab.ts";

// The nodes of this file warm up, as those of users do.
delete process.env["MOSAIC_WARM_UP"];

/** Bound of the latency of a link between idle namespaces. */
const SHORT_SECONDS = 0.005;

const REASON = needs("root", "/dev/net/tun", "addon", "ip", "ping");

test("ping goes on across a cut and returns to the direct path; signals end a node and its device", {
  timeout: 60_000,
}, async (context) => {
  if (REASON !== undefined) return context.skip(REASON);
  const lab = new RonLab();
  try {
    expect(
      await until(() => lab.next("a", "b") === underlay("b") && lab.next("b", "a") === underlay("a"), 10_000),
    ).toBe(true);
    await sleep(1_500);
    // Measurements made while all members were starting count for a while.
    expect(await until(() => isSettled(lab), 20_000)).toBe(true);
    const measured = lab.routes.length;
    const pings = new Pings(lab, "a", "b");
    await sleep(1_000);
    expect(await until(() => pings.answers.length > 10, 10_000)).toBe(true);
    const routes = lab.routes.slice(measured);
    expect(routes.filter(({ op, tuple }) => op === "+" && tuple[1] !== tuple[2])).toEqual([]);
    expect([lab.next("a", "b"), lab.next("b", "a")]).toEqual([underlay("b"), underlay("a")]);
    const cutAt = Date.now();
    lab.cut("a", "b");
    expect(await until(() => pings.outageAfter(cutAt) !== undefined, 5_000)).toBe(true);
    expect(pings.outageAfter(cutAt)).toBeLessThan(3_000);
    expect(lab.next("a", "b")).toBe(underlay("c"));
    lab.heal("a", "b");
    expect(
      await until(() => lab.next("a", "b") === underlay("b") && lab.next("b", "a") === underlay("a"), 15_000),
    ).toBe(true);
    pings.stop();
    expect(lab.run("a", ["ip", "link", "show", "moz"]).status).toBe(0);
    const start = Date.now();
    expect(await lab.signal("c", "SIGINT")).toBe(0);
    expect(Date.now() - start).toBeLessThan(2_000);
    expect(lab.run("c", ["ip", "link", "show", "moz"]).status).not.toBe(0);
    expect(lab.run("a", ["ping", "-n", "-c", "3", "-i", "0.1", "-W", "1", virtual("b")]).status).toBe(0);
  } finally {
    await lab.close();
  }
});

/** Whether all members have measured the short latency of their links. */
function isSettled(lab: RonLab): boolean {
  const others = (from: HostName): readonly HostName[] => HOST_NAMES.filter((to) => to !== from);
  return HOST_NAMES.every((from) => others(from).every((to) => lab.score(from, to) < SHORT_SECONDS));
}

// `ron.long.test.ts` has a longer one.
testDownload({ megabytes: 40, perSecond: 6 });
