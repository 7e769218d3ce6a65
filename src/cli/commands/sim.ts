import type { CommandSpec } from "../options/command-spec.ts";
import { CONCLUSION_OPTIONS, type ConclusionInput } from "../options/conclusion-options.ts";
import { wrongUsage } from "../terminal/failure.ts";

interface SimInput extends ConclusionInput {
  readonly scenario: string;
  readonly seed?: number;
  readonly pcap?: string;
}

export const command: CommandSpec<SimInput> = {
  name: "sim",
  arguments: [{ syntax: "<scenario>", description: "a topology file, as lab/demo/ron.toml" }],
  options: [
    { syntax: "--seed <number>", description: "another seed than the file's", parse: parseSeed },
    { syntax: "--pcap <folder>", description: "capture what each host sends and receives there, for tshark" },
    ...CONCLUSION_OPTIONS,
  ],
  run: async ({ scenario, seed, pcap, out, check, json }, { output }) => {
    const { runSimulation } = await import("../topology/run-simulation.ts");
    await runSimulation(scenario, { seed, pcap, out, check, json }, output);
  },
};

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw wrongUsage("--seed", `\`${text}\` is not a whole number`);
}
