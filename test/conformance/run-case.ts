import type { ViewOptimisations } from "../../src/program/view-optimisations.ts";
import { AS_WRITTEN } from "../session/as-written.ts";
import { runSession } from "../session/run-session.ts";
import { withoutRandomDigits } from "../session/timer-numbers.ts";
import { NodeNetwork } from "./node-network.ts";

/**
 * Runs a case: a program, `---`, and commands. By default it runs on one node, see `runSession`. If the first command is
 * `nodes a b c`, it runs on simulated nodes `a:1`, `b:1` and `c:1`, and every other command names a node:
 *
 *   a insert link("b:1")     logs the results within a tenth of a second, with their nodes
 *   b show path
 *   advance 5                advances the clock by 5 seconds
 *   crash b, restart b, cut a b, heal a b
 *   ping a 100.64.0.2        from the kernel of `a`, whose address is 100.64.0.1, through its TUN device
 *
 * With `nodes a b with keys`, links authenticate the nodes as `a:1` and `b:1`.
 *
 * The program may be followed by files that it imports, each after a line `file NAME`.
 */
export function runCase(input: string, optimisations: ViewOptimisations = AS_WRITTEN): string {
  return withoutQueries(outcome(input, optimisations));
}

function outcome(input: string, optimisations: ViewOptimisations): string {
  const [program = "", text = ""] = input.split(/^---\n/m);
  const [first = "", ...rest] = text.split("\n").filter((line) => line !== "");
  const [, names, keys] = /^nodes (.*?)( with keys)?$/.exec(first) ?? [];
  if (names === undefined) return runSession(program, first === "" ? rest : [first, ...rest], optimisations);
  const network = NodeNetwork.of(program, names.split(" "), optimisations, keys !== undefined);
  if (!(network instanceof NodeNetwork)) return network.join("\n");
  const lines = rest.flatMap((command) => [`> ${command}`, ...network.command(command)]);
  return withoutRandomDigits(lines.join("\n"));
}

/** Replaces the random query ids by Q1, Q2 and so on, in the order of their appearance. */
function withoutQueries(text: string): string {
  const seen = new Map<string, string>();
  return text.replaceAll(/(?<=[(,] ?)\d{12,15}\b/g, (id) => {
    const name = seen.get(id) ?? `Q${seen.size + 1}`;
    seen.set(id, name);
    return name;
  });
}
