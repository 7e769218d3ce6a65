import { expect, test } from "vitest";
import { TimelineEventFinder } from "../../lab/outcome/timeline-events.ts";
import type { Observation } from "../../lab/outcome/observation.ts";
import { RunRecord } from "../../lab/outcome/run-record.ts";
import { formatTopologyError, readTopology } from "../../lab/topology/read-topology.ts";

const TOPOLOGY = `
duration = "9s"
programs = ["ron.mzl"]
hosts = 3
routes = { table = "ron.RT", to = 1, next = 2 }
[[traffic]]
from = "a"
to = "b"
`;

const [A, B, C] = ["10.77.0.1:10000", "10.77.0.2:10000", "10.77.0.3:10000"] as const;

test("a path change before the first event of the topology shows no duration", () => {
  expect(
    eventTexts(
      route(0, "a", B, B),
      route(1, "a", B, C),
      route(1, "c", B, B),
      route(2, "a", B, B),
      { kind: "action", at: 3, action: { kind: "start", hosts: ["c"] }, hasEffect: true },
      route(4, "a", B, C),
      route(5, "a", B, B),
    ),
  ).toEqual([
    "1: now a → c → b",
    "2: back on the direct path",
    "4: now a → c → b",
    "5: back on the direct path after 2000 ms",
  ]);
});

function eventTexts(...observations: readonly Observation[]): readonly string[] {
  const read = readTopology(TOPOLOGY, "lab.toml");
  if (!read.ok) throw new Error(read.errors.map(formatTopologyError).join("\n"));
  const record = new RunRecord(read.topology);
  const finder = new TimelineEventFinder(read.topology, 0);
  return observations.flatMap((observation) => {
    record.add(observation);
    return finder.find(observation, record).map(({ at, text }) => `${at}: ${text}`);
  });
}

function route(at: number, host: string, to: string, next: string): Observation {
  return { kind: "watch", at, host, start: 1, line: { t: at, node: A, op: "+", tuple: ["ron.RT", to, next] } };
}
