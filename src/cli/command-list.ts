import type { CommandSpec } from "./options/command-spec.ts";

/** A command before it is loaded. */
export interface ListedCommand {
  readonly name: string;
  /** The line of `mosaic --help`. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: CommandSpec<never> }>;
}

/** All commands in the order of `mosaic --help`. Each is in the file of its name in `commands/`. */
export const COMMANDS: readonly ListedCommand[] = [
  { name: "run", summary: "run a node until a signal ends it", load: () => import("./commands/run.ts") },
  { name: "check", summary: "report errors and warnings in programs", load: () => import("./commands/check.ts") },
  {
    name: "eval",
    summary: "run rules on one node to the fixpoint, without a network",
    load: () => import("./commands/eval.ts"),
  },
  {
    name: "explain",
    summary: "show the dataflow and the compiled rules of programs",
    load: () => import("./commands/explain.ts"),
  },
  { name: "sim", summary: "run a topology in the simulator, in virtual time", load: () => import("./commands/sim.ts") },
  {
    name: "explore",
    summary: "search the orders of messages, timers and crashes for violations of invariants",
    load: () => import("./commands/explore.ts"),
  },
  {
    name: "lab",
    summary: "run a topology in network namespaces, in real time",
    load: () => import("./commands/lab.ts"),
  },
  {
    name: "demo",
    summary: "run lab/demo/ron.toml: a link is cut during traffic, and the overlay routes around it",
    load: () => import("./commands/demo.ts"),
  },
  { name: "key", summary: "make and show the keys of nodes", load: () => import("./commands/key.ts") },
  { name: "ps", summary: "list the running nodes of this host", load: () => import("./commands/ps.ts") },
  { name: "query", summary: "query the tables of a running node", load: () => import("./commands/query.ts") },
  { name: "ctl", summary: "change a running node", load: () => import("./commands/ctl.ts") },
  {
    name: "top",
    summary: "show the metrics and problems of a running node",
    load: () => import("./commands/top.ts"),
  },
  {
    name: "trace",
    summary: "show the tuples that cross the dataflow of a running node",
    load: () => import("./commands/trace.ts"),
  },
  {
    name: "completion",
    summary: "print a script that completes commands and options",
    load: () => import("./commands/completion.ts"),
  },
  { name: "man", summary: "print the manual page, for `man -l`", load: () => import("./commands/man.ts") },
];
