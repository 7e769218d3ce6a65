/** The topology of lab/alice that takes longer, in the simulator. */
import { expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";

test("Chord moves from IP to ron while paths fail, and every lookup is answered at the second try", {
  timeout: 600_000,
}, async () => {
  const { code, stdout } = await mosaic("sim", "lab/alice/switch.toml", "--check", "--json");
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
});
