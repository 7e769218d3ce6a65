import { describe, expect, test } from "vitest";
import { RunRecord } from "../../lab/outcome/run-record.ts";
import { readTopology } from "../../lab/topology/read-topology.ts";
import { needs } from "../needs.ts";
import { runIn } from "./run-in.ts";

/** Stream in one direction, transfers in the other. The last one does not end within the run. */
const TEXT = `duration = "6s"
programs = ["tunnel.mzl"]
hosts = 2
links = [{ between = "all", delay = "5ms", rate = "20Mbit" }]
[[traffic]]
kind = "udp"
from = "a"
to = "b"
rate = "400kbit"
size = 500
duration = "4s"
at = "1s"
[[traffic]]
kind = "tcp"
from = "b"
to = "a"
bytes = "300kB"
at = "1s"
[[traffic]]
kind = "tcp"
from = "b"
to = "a"
duration = "2s"
rate = "1Mbit"
at = "2s"
[[traffic]]
kind = "tcp"
from = "a"
to = "b"
bytes = "1GB"
at = "4s"
[[checks]]
throughput = "300kbit"
[[checks]]
completes = "4s"
`;

describe.for(["simulator", "kernel"] as const)("traffic in the %s", (world) => {
  test("has streams at their rate, and transfers that complete or not", { timeout: 60_000 }, async ({ skip }) => {
    const reason = world === "kernel" ? needs("root", "network namespaces", "/dev/net/tun", "addon", "ip") : undefined;
    skip(reason !== undefined, reason);
    const read = readTopology(TEXT, "lab.toml");
    if (!read.ok) throw new Error("not a topology");
    const record = new RunRecord(read.topology);
    for (const observation of await runIn(world, TEXT, "lab.toml")) record.add(observation);
    const [stream, file, paced, endless] = record.flows;
    // 400 kbit/s in datagrams of 500 bytes are 100 a second.
    expect([stream?.sent, stream?.sentBytes]).toEqual([400, 200_000]);
    expect(stream?.received).toBeGreaterThan(350);
    expect(stream?.delays?.p50).toBeGreaterThanOrEqual(0.005);
    expect(file).toMatchObject({ receivedBytes: 300_000 });
    expect(file?.completion).toBeLessThan(3);
    expect(file?.delays?.p50).toBeGreaterThanOrEqual(0.009);
    expect(paced?.throughput(6)).toBeGreaterThan(0.6e6);
    expect(paced?.throughput(6)).toBeLessThan(1.2e6);
    expect(endless?.completion).toBeUndefined();
    expect(endless?.receivedBytes).toBeGreaterThan(100_000);
    expect(record.checks.map(({ holds }) => holds)).toEqual([true, false]);
    expect(record.checks[1]).toMatchObject({ failed: ["tcp a to b"], observed: "not complete (tcp a to b)" });
  });
});
