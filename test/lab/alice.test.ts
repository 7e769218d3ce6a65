import { expect, test } from "vitest";
import { mosaic } from "../cli/mosaic.ts";

/** The topologies of lab/alice, in the simulator: the scenes of section 5.2 of the MOSAIC paper. */
test.each(["school", "home"])("Alice at %s: Bob's packets reach her", { timeout: 60_000 }, async (name) => {
  const { code, stdout } = await mosaic("sim", `lab/alice/${name}.toml`, "--check", "--json");
  expect({ code, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stdout: "" });
});
