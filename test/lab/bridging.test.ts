import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { needs } from "../needs.ts";
import { I3 } from "./i3-program.ts";
import { runIn } from "./run-in.ts";

/** Alice is a member of i3 only, Bob of ron only; the gateway is a member of both. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "i3.mzl": I3,
  "alice.mzl": `import "sr.mzl".
import "i3.mzl".
materialize(bob, infinity, 1, keys(1)).
materialize(me, infinity, 1, keys(1)).
ask: question@Bob(N, Me) :- periodic(E, 500ms), N := E % 1000000, bob(Bob), me(Me).
got: received(N) :- answer(N).
`,
  "bob.mzl": `import "sr.mzl".
import "ron.mzl".
reply: answer@From(N) :- question(N, From).
`,
  "gateway.mzl": `import "sr.mzl".
import "i3.mzl".
import "ron.mzl".
`,
};

const TOPOLOGY = `duration = "5s"
peers = []
watch = ["received"]
[hosts.alice]
address = "10.77.0.1:10000"
programs = ["alice.mzl"]
facts = [
  'i3.server("10.77.0.2:10000")', 'i3.wanted(0xaI)',
  'bob(sr::[i3::0xbI, ron::"10.77.0.4:10000"])', 'me(sr::[ron::"10.77.0.3:10000", i3::0xaI])',
]
[hosts.server]
address = "10.77.0.2:10000"
programs = ["i3.mzl"]
[hosts.gateway]
address = "10.77.0.3:10000"
programs = ["gateway.mzl"]
facts = ['i3.server("10.77.0.2:10000")', 'i3.wanted(0xbI)', 'ron.member("10.77.0.4:10000")']
[hosts.bob]
address = "10.77.0.4:10000"
programs = ["bob.mzl"]
facts = ['ron.member("10.77.0.3:10000")']
[[events]]
at = "0s"
cut = ["alice", "bob"]
[[events]]
at = "0s"
cut = ["server", "bob"]
`;

const folder = mkdtempSync(join(tmpdir(), "mosaic-bridging-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(folder, name), text);

describe.for(["simulator", "kernel"] as const)("in the %s", (world) => {
  const reason =
    world === "kernel" ? needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "nft", "tc") : undefined;

  test("a host of i3 and a host of ron exchange tuples by bridging addresses", async ({ skip }) => {
    skip(reason !== undefined, reason);
    const seen = await runIn(world, TOPOLOGY, join(folder, "lab.toml"));
    const lines = seen.filter((one) => one.kind === "watch");
    expect(new Set(lines.map(({ host }) => host))).toEqual(new Set(["alice"]));
    const numbers = lines.map(({ line }) => line.tuple[1]);
    // The first questions are sent before the gateway has registered its key.
    expect(numbers.filter((number) => Number(number) >= 3).slice(0, 4)).toEqual([3, 4, 5, 6]);
  });
});
