import { vi } from "vitest";
import { main } from "../../src/cli/command-line.ts";
import type { Ended } from "./mosaic.ts";

/** Runs a command line in this process: the same output and exit code as a `mosaic` process, without its start. One at a time. */
export async function mosaicInProcess(...args: readonly string[]): Promise<Ended> {
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((text: string | Uint8Array) => {
      written[stream] += typeof text === "string" ? text : Buffer.from(text).toString();
      return true;
    }),
  );
  try {
    return { code: await main(["node", "mosaic", ...args]), signal: null, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
