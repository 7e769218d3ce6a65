import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

/**
 * Labs in which a packet does not arrive. In each, a command that is told nothing but where the node is names the cause:
 * the topology runs it on the host that complains, or it is the lab's own report.
 */
const LABS = [
  {
    lab: "missing-member",
    names: /packets for 100\.64\.0\.2 were not sent: no rule has a route to it \(is a member or --peer missing\?\)/,
  },
  { lab: "dead-link", names: /10\.77\.0\.2:10000 has never answered \(\d+ datagrams sent\): the link is down/ },
  {
    lab: "wrong-address",
    names: /10\.77\.0\.9:10000 has never answered .*: this node receives from 10\.77\.0\.2:10000 and never sends there/,
  },
  {
    lab: "wrong-member",
    names:
      /10\.77\.0\.9:10000 has never answered .*: this node receives from 10\.77\.0\.2:10000, which is not a member/,
  },
  { lab: "full-queue", names: /link a→b: its queue was full, \d+ packets dropped/ },
];

function fileOf(lab: string): string {
  return fileURLToPath(new URL(`broken/${lab}.toml`, import.meta.url));
}

describe("a packet does not arrive, and the cause is named:", () => {
  test.concurrent.for(LABS)("$lab", { timeout: 120_000 }, async ({ lab, names }, { skip }) => {
    const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "tc");
    skip(reason !== undefined, reason);
    const { code, stdout } = await mosaic("lab", fileOf(lab));
    expect(stdout).toMatch(names);
    expect(code).toBe(0);
  });

  test("the full queue in the simulator too", async () => {
    expect((await mosaic("sim", fileOf("full-queue"))).stdout).toMatch(LABS.at(-1)?.names ?? /never/);
  });
});
