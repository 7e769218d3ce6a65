import type { Command } from "commander";
import { actionsHelp, controlNode, ctlRequest } from "./client/control-node.ts";
import { processOutput as output } from "./terminal/output.ts";

const NODE = "port or HOST:PORT of a node of this user, or the path of its control socket";

/** The commands that look into, or change, a running node. */
export function addNodeCommands(mosaic: Command): void {
  addQuery(mosaic);
  addCtl(mosaic);
  addTop(mosaic);
  addTrace(mosaic);
}

function addQuery(mosaic: Command): void {
  mosaic
    .command("query")
    .description("ask a running node what its tables hold")
    .argument("<node>", NODE)
    .argument("<question>", "a table, or a rule body as 'ron.RT(To, Next, C), C > 0.1'")
    .option("--json", "print one JSON object a line", false)
    .action(async (node: string, question: string, { json }: { json: boolean }) => {
      const { queryNode } = await import("./client/query-node.ts");
      await queryNode(node, question, json, output);
    });
}

function addCtl(mosaic: Command): void {
  mosaic
    .command("ctl")
    .description("change a running node")
    .argument("<node>", NODE)
    .argument("<action>", actionsHelp())
    .argument("[what]", "the fact, or the file")
    .option("--json", "print what became of the tables as one JSON object", false)
    .action((node: string, action: string, what: string | undefined, { json }: { json: boolean }) =>
      controlNode(node, ctlRequest(action, what), json, output),
    );
}

function addTop(mosaic: Command): void {
  mosaic
    .command("top")
    .description("a running node in numbers, and what is wrong with it")
    .argument("<node>", NODE)
    .option("--once", "print it once, also on a terminal", false)
    .option("--json", "print it once, as one JSON object", false)
    .action(async (node: string, options: { once: boolean; json: boolean }) => {
      const { topNode } = await import("./client/show-metrics.ts");
      await topNode(node, options, output);
    });
}

function addTrace(mosaic: Command): void {
  mosaic
    .command("trace")
    .description("what crosses which edge of a running node's dataflow")
    .argument("<node>", NODE)
    .argument("[predicate]", "tuples of this predicate only, also within packets")
    .option("--json", "print one JSON object a line", false)
    .action(async (node: string, predicate: string | undefined, { json }: { json: boolean }) => {
      const { traceNode } = await import("./client/trace-node.ts");
      await traceNode(node, predicate, json, output);
    });
}
