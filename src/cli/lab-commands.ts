// What a command needs is loaded when it runs: `mosaic run`, of which a lab starts many, does without.
import type { Command } from "commander";
import { checkoutFile } from "./files/checkout.ts";
import { wrongUsage } from "./terminal/failure.ts";
import { processOutput as output } from "./terminal/output.ts";

interface ConclusionFlags {
  readonly out?: string;
  readonly check: boolean;
  readonly json: boolean;
}

/** What `sim` and `lab` may be told of the end of a run. */
function addConclusion(command: Command): Command {
  return command
    .option("--out <folder>", "keep logs and results there")
    .option("--check", "exit with 1 when one of the topology's [[checks]] fails", false)
    .option("--json", "print the summary as one JSON object", false);
}

interface SimFlags extends ConclusionFlags {
  readonly seed?: number;
  readonly pcap?: string;
}

export function addSim(mosaic: Command): void {
  const sim = mosaic
    .command("sim")
    .description("run a topology of many nodes in virtual time")
    .argument("<scenario>", "a topology file, as lab/demo/ron.toml")
    .option("--seed <number>", "another seed than the file's", parseSeed)
    .option("--pcap <folder>", "capture what each host sends and receives there, for tshark");
  addConclusion(sim).action(async (file: string, { seed, pcap, out, check, json }: SimFlags) => {
    const { simulate } = await import("./topology/run-simulation.ts");
    await simulate(file, { seed, pcap, out, check, json }, output);
  });
}

export function addLab(mosaic: Command): void {
  const lab = mosaic
    .command("lab")
    .description("run a topology of real hosts in network namespaces")
    .argument("[topology]", "a topology file, as lab/demo/ron.toml")
    .option("--clean", "first remove what labs left behind whose process is gone", false);
  addConclusion(lab).action(
    async (file: string | undefined, { clean, out, check, json }: ConclusionFlags & { readonly clean: boolean }) => {
      if (file === undefined && !clean) {
        throw wrongUsage("lab", "a topology file is missing, as in `mosaic lab lab/demo/ron.toml`");
      }
      const { cleanLabs, runLab } = await import("./topology/run-lab.ts");
      if (clean) cleanLabs(output, json);
      if (file !== undefined) await runLab(file, { place: "kernel", out, check, json }, output);
    },
  );
}

const DEMO = "lab/demo/ron.toml";

export function addDemo(mosaic: Command): void {
  mosaic
    .command("demo")
    .description(`\`mosaic lab ${DEMO}\`: a link is cut in mid-traffic, and the overlay goes round it`)
    .option("--simulator", "in virtual time, also where namespaces can be made", false)
    .action(async ({ simulator }: { readonly simulator: boolean }) => {
      const { runLab } = await import("./topology/run-lab.ts");
      const place = simulator ? "simulator" : "nearest";
      await runLab(checkoutFile(DEMO), { place, out: undefined, check: false, json: false }, output);
    });
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw wrongUsage("--seed", `\`${text}\` is not a whole number`);
}
