import type { CommandSpec } from "./options/command-spec.ts";

/** A command before it is loaded. */
export interface ListedCommand {
  readonly name: string;
  /** The line of `mosaic --help`. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: CommandSpec<never> }>;
}

/** All commands, in the order of `mosaic --help`. Each is the file of its name in `commands/`. */
export const COMMANDS: readonly ListedCommand[] = [
  { name: "run", summary: "run a node until SIGINT or SIGTERM", load: () => import("./commands/run.ts") },
  { name: "check", summary: "report what is wrong with programs", load: () => import("./commands/check.ts") },
  {
    name: "eval",
    summary: "run rules on one node until nothing is left to do, without a network",
    load: () => import("./commands/eval.ts"),
  },
  {
    name: "explain",
    summary: "show what the compiler makes of programs: the dataflow, and each rule as the elements it is fused from",
    load: () => import("./commands/explain.ts"),
  },
  { name: "sim", summary: "run a topology of many nodes in virtual time", load: () => import("./commands/sim.ts") },
  {
    name: "lab",
    summary: "run a topology of real hosts in network namespaces",
    load: () => import("./commands/lab.ts"),
  },
  {
    name: "demo",
    summary: "`mosaic lab lab/demo/ron.toml`: a link is cut in mid-traffic, and the overlay goes round it",
    load: () => import("./commands/demo.ts"),
  },
  { name: "query", summary: "ask a running node what its tables hold", load: () => import("./commands/query.ts") },
  { name: "ctl", summary: "change a running node", load: () => import("./commands/ctl.ts") },
  {
    name: "top",
    summary: "a running node in numbers, and what is wrong with it",
    load: () => import("./commands/top.ts"),
  },
  {
    name: "trace",
    summary: "what crosses which edge of a running node's dataflow",
    load: () => import("./commands/trace.ts"),
  },
  {
    name: "completion",
    summary: "print a script that completes commands and options",
    load: () => import("./commands/completion.ts"),
  },
  { name: "man", summary: "print the manual page, as for `man -l`", load: () => import("./commands/man.ts") },
];
