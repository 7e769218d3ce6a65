import type { CommandSpec } from "../options/command-spec.ts";
import { CONCLUSION_OPTIONS, type ConclusionInput } from "../options/conclusion-options.ts";
import { wrongUsage } from "../terminal/failure.ts";

interface SimInput extends ConclusionInput {
  readonly scenario: string;
  readonly seed?: number;
  readonly pcap?: string;
  readonly trace?: string;
  readonly top: boolean;
}

export const command: CommandSpec<SimInput> = {
  name: "sim",
  arguments: [{ syntax: "<scenario>", description: "a topology file, as in lab/demo/ron.toml" }],
  options: [
    { syntax: "--seed <number>", description: "seed instead of the one in the file", parse: parseSeed },
    { syntax: "--pcap <folder>", description: "write a pcapng file for each host to this folder" },
    {
      syntax: "--trace <predicate>",
      description: "trace its tuples on every host, all for everything: HOST.trace.jsonl of --out, else printed",
    },
    { syntax: "--top", description: "print the counters and problems of every host at the end, as mosaic top does" },
    ...CONCLUSION_OPTIONS,
  ],
  run: async ({ scenario, seed, pcap, trace, top, out, check, json }, { output }) => {
    const { runSimulation } = await import("../topology/run-simulation.ts");
    await runSimulation(scenario, { seed, pcap, trace, top, out, check, json }, output);
  },
};

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw wrongUsage("--seed", `\`${text}\` is not an integer from 0`);
}
