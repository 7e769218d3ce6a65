import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";
import { needs } from "../needs.ts";

/**
 * Labs in which packets do not arrive. In each, `mosaic top` on the sending host names the cause without further hints, or the
 * report of the lab does.
 */
const LABS = [
  {
    lab: "missing-member",
    cause: /packets for 100\.64\.0\.2 were not sent: no rule has a route to it \(is a member or --peer missing\?\)/,
  },
  { lab: "dead-link", cause: /10\.77\.0\.2:10000 has never answered \(\d+ datagrams sent\): the link is down/ },
  {
    lab: "wrong-address",
    cause: /10\.77\.0\.9:10000 has never answered .*: this node receives from 10\.77\.0\.2:10000 and never sends there/,
  },
  {
    lab: "wrong-member",
    cause:
      /10\.77\.0\.9:10000 has never answered .*: this node receives from 10\.77\.0\.2:10000, which is not a member/,
  },
  { lab: "full-queue", cause: /link a→b: its queue was full, \d+ packets dropped/ },
];

function fileOf(lab: string): string {
  return fileURLToPath(new URL(`broken/${lab}.toml`, import.meta.url));
}

describe("a lab whose packets do not arrive names the cause", () => {
  test.concurrent.for(LABS)("$lab", { timeout: 120_000 }, async ({ lab, cause }, { skip }) => {
    const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "tc");
    skip(reason !== undefined, reason);
    const { code, stdout } = await mosaic("lab", fileOf(lab));
    expect(stdout).toMatch(cause);
    expect(code).toBe(0);
  });

  test("the simulator reports a full queue too", async () => {
    expect((await mosaic("sim", fileOf("full-queue"))).stdout).toMatch(LABS.at(-1)?.cause ?? /never/);
  });
});
