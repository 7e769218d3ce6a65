/** The MTU of devices follows the addresses in use and the bytes that rules add: alike in the simulator and in the kernel. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RunRecord } from "../../lab/outcome/run-record.ts";
import { readTopology } from "../../lab/topology/read-topology.ts";
import { needs } from "../needs.ts";
import { runIn } from "./run-in.ts";

const FILE = fileURLToPath(new URL("lab.toml", import.meta.url));
/** A long option: packets to its address gain more bytes than the device allows for at the start. */
const CONTRACT = "contract of a customer ".repeat(4);

const TEXT = `duration = "4s"
programs = ["wrapped.mzl"]
peers = []
links = [{ between = "all", delay = "5ms" }]
[hosts.a]
facts = ['addressMap("100.64.0.2", qos::("10.77.0.2:10000", 20ms, "${CONTRACT}"))', 'behind("100.64.0.3", "10.77.0.3:7000")']
[hosts.b]
facts = ['addressMap("100.64.0.1", qos::("10.77.0.1:10000", 20ms, "${CONTRACT}"))']
[hosts.c]
facts = ['behind("100.64.0.1", "10.77.0.1:7000")']
[[traffic]]
kind = "tcp"
from = "a"
to = "b"
bytes = "200kB"
at = "500ms"
[[traffic]]
kind = "tcp"
from = "a"
to = "c"
bytes = "200kB"
at = "1500ms"
[[checks]]
completes = "2s"
`;

describe.for(["simulator", "kernel"] as const)("transfers in the %s", (world) => {
  test("complete in packets that fit, and the log tells each MTU", { timeout: 60_000 }, async ({ skip }) => {
    const reason = world === "kernel" ? needs("root", "network namespaces", "/dev/net/tun", "addon", "ip") : undefined;
    skip(reason !== undefined, reason);
    const read = readTopology(TEXT, FILE);
    if (!read.ok) throw new Error("not a topology");
    const record = new RunRecord(read.topology);
    const logs: string[] = [];
    for (const observation of await runIn(world, TEXT, FILE)) {
      record.add(observation);
      if (observation.kind === "log" && observation.text.includes("MTU"))
        logs.push(`${observation.host}: ${observation.text}`);
    }
    expect(record.checks).toMatchObject([{ holds: true }]);
    expect(logs.map((line) => line.replace("mosaic: ", "")).toSorted()).toEqual([
      "a: mosaic0: MTU 1294 instead of 1326: longer packets to 10.77.0.3:7000 do not fit datagrams of 1472 bytes",
      "a: mosaic0: MTU 1326 instead of 1397: longer packets to 10.77.0.2:10000 do not fit datagrams of 1452 bytes",
      "b: mosaic0: MTU 1326 instead of 1397: longer packets to 10.77.0.1:10000 do not fit datagrams of 1452 bytes",
      "c: mosaic0: MTU 1294 instead of 1397: longer packets to 10.77.0.1:7000 do not fit datagrams of 1472 bytes",
    ]);
  });
});
