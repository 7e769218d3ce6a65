import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { needs } from "../../needs.ts";
import { mosaic } from "../mosaic.ts";

/** File of the topology of the demonstration. */
export const DEMO: string = fileURLToPath(new URL("../../../lab/demo/ron.toml", import.meta.url));

/** A topology in a file, and its expectations in order. All of them hold. */
interface Agreement {
  readonly title: string;
  readonly file: string;
  readonly expectations: readonly string[];
}

interface Results {
  readonly checks: readonly { readonly expectation: string; readonly holds: boolean }[];
}

/** Declares the test of a topology whose checks hold in both backends. `sim.long.test.ts` has the demonstration, which takes longer. */
export function testAgreement({ title, file, expectations }: Agreement): void {
  test(`${title} has the same outcome in the kernel and in the simulator`, { timeout: 90_000 }, async ({ skip }) => {
    const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip");
    skip(reason !== undefined, reason);
    const runs = await Promise.all(["lab", "sim"].map((world) => mosaic(world, file, "--check", "--json")));
    const outcomes = runs.map(({ stdout }) =>
      (JSON.parse(stdout) as Results).checks.map(({ expectation, holds }) => `${expectation}: ${holds}`),
    );
    const good = expectations.map((expectation) => `${expectation}: true`);
    expect(outcomes).toEqual([good, good]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  });
}
