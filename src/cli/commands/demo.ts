import { checkoutFile } from "../files/checkout.ts";
import type { CommandSpec } from "../options/command-spec.ts";

const TOPOLOGY = "lab/demo/ron.toml";

interface DemoInput {
  readonly simulator: boolean;
}

export const command: CommandSpec<DemoInput> = {
  name: "demo",
  arguments: [],
  options: [{ syntax: "--simulator", description: "run in virtual time, even if network namespaces are available" }],
  run: async ({ simulator }, { output }) => {
    const { runLab } = await import("../topology/run-lab.ts");
    const backend = simulator ? "simulator" : "nearest";
    await runLab(checkoutFile(TOPOLOGY), { backend, stay: false, out: undefined, check: false, json: false }, output);
  },
};
