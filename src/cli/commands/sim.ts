import type { CommandSpec } from "../options/command-spec.ts";
import { CONCLUSION_OPTIONS, type ConclusionInput } from "../options/conclusion-options.ts";
import { Failure, wrongUsage } from "../terminal/failure.ts";

interface SimInput extends ConclusionInput {
  readonly scenario?: string;
  readonly replay?: string;
  readonly plugin: readonly string[];
  readonly seed?: number;
  readonly pcap?: string;
  readonly trace?: string;
  readonly top: boolean;
  readonly set: readonly string[];
  readonly seeds?: number;
  readonly vary: readonly string[];
}

/** Options that only a single run has. */
const SINGLE_RUN = ["trace", "top", "pcap", "plot"];

export const command: CommandSpec<SimInput> = {
  name: "sim",
  arguments: [{ syntax: "[scenario]", description: "a topology file, as in lab/demo/ron.toml" }],
  options: [
    { syntax: "--seed <number>", description: "seed in place of the seed in the file", parse: parseSeed },
    { syntax: "--pcap <folder>", description: "write a pcapng file for each host to this folder" },
    {
      syntax: "--trace <predicate>",
      description: "trace the tuples of this predicate (or all) on every host, to HOST.trace.jsonl with --out",
    },
    { syntax: "--top", description: "print the counters and problems of every host at the end, as mosaic top does" },
    {
      syntax: "--set <name=value>",
      description: "value of a macro (as -D of run) or of a key of the file, as links[1].delay=50ms",
      isRepeatable: true,
    },
    {
      syntax: "--seeds <count>",
      description: "run with this many seeds on all processors, and print medians with intervals",
      parse: parseSeeds,
      conflicts: SINGLE_RUN,
    },
    {
      syntax: "--vary <name=a,b,c>",
      description: "run with each of the values of a macro or a key; several options: with each combination",
      isRepeatable: true,
      conflicts: SINGLE_RUN,
    },
    {
      syntax: "--replay <file>",
      description: "run a counterexample of mosaic explore, instead of a topology",
      conflicts: [...SINGLE_RUN, "seed", "seeds", "out"],
    },
    { syntax: "--plugin <file>", description: "load a plugin that the counterexample names", isRepeatable: true },
    ...CONCLUSION_OPTIONS,
  ],
  run: async (input, { output }) => {
    const { scenario, replay, plugin, seed, pcap, trace, top, set, seeds, vary, out, plot, check, json } = input;
    if (replay !== undefined) {
      if (scenario !== undefined) throw wrongUsage("--replay", "a counterexample runs without a topology");
      const { replayTrace } = await import("../explore/replay-trace.ts");
      return replayTrace(replay, { plugins: plugin, isJson: json }, output);
    }
    if (plugin.length > 0) throw wrongUsage("--plugin", "it belongs to --replay");
    if (scenario === undefined) throw new Failure(2, "name a topology file, or a counterexample with --replay");
    const { parseSetting, parseVariation, runStudy } = await import("../topology/run-study.ts");
    const settings = set.map((text) => parseSetting(text, "--set"));
    if (seeds !== undefined || vary.length > 0) {
      const variations = vary.map(parseVariation);
      const study = { seed, seeds: seeds ?? 1, vary: variations, set: settings, out, check, json };
      return runStudy(scenario, study, output);
    }
    const { runSimulation } = await import("../topology/run-simulation.ts");
    return runSimulation(scenario, { seed, pcap, trace, top, set: settings, out, plot, check, json }, output);
  },
};

const SEEDS_MAX = 100_000;

function parseSeeds(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1 && count <= SEEDS_MAX) return count;
  throw wrongUsage("--seeds", `\`${text}\` is not an integer from 1 to ${SEEDS_MAX}`);
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw wrongUsage("--seed", `\`${text}\` is not an integer from 0`);
}
