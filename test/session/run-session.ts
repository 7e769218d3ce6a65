import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { formatWatchLine, type WatchLine } from "../../runtime/observe/watch.ts";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import type { ViewOptimisations } from "../../src/program/view-optimisations.ts";
import { AS_WRITTEN } from "./as-written.ts";
import { libraryOf } from "./library-of.ts";
import { manualWorld } from "./manual-world.ts";
import { withoutRandomDigits } from "./timer-numbers.ts";
import { tupleOf } from "./tuple-of.ts";

const HERE = "here:1";

/**
 * Runs a program on one node and returns the results of each command:
 *
 *   insert p(1, "a")     inserts a row or event, as an operator would
 *   delete p(1, "a")
 *   advance 2.5          advances the clock by 2.5 seconds
 *   show p               prints the rows of a table, sorted by value
 *   counters             prints the nonzero counters
 */
export function runSession(
  program: string,
  commands: readonly string[],
  optimisations: ViewOptimisations = AS_WRITTEN,
): string {
  const session = new Session(program, optimisations);
  const lines = commands.flatMap((command) => [`> ${command}`, ...session.command(command)]);
  return withoutRandomDigits(lines.join("\n"));
}

class Session {
  readonly #node: Node | undefined;
  readonly #world = manualWorld(HERE);
  readonly #problems: readonly string[];
  #lines: string[] = [];

  constructor(text: string, optimisations: ViewOptimisations) {
    const options = { defines: new Map<string, string>(), dialect: undefined, optimisations };
    const { plan, diagnostics } = compile(["program"], libraryOf(text), options);
    this.#problems = diagnostics.map(({ code, message }) => `${code} ${message}`);
    if (plan === undefined) return;
    const watch = plan.predicates.map((spec) => spec.name).filter((name) => !name.includes("?"));
    this.#node = new Node(loadProgram(plan), this.#world, {
      names: [HERE],
      facts: [],
      watch,
      limits: { derivations: 10_000 },
      onWatch: (line) => this.#watch(line),
      onLog: (message) => this.#lines.push(message),
    });
    this.#node.start();
    this.#lines = [];
  }

  command(command: string): readonly string[] {
    const node = this.#node;
    if (node === undefined) return this.#problems;
    const [verb, rest] = split(command);
    switch (verb) {
      case "insert":
        node.insert(...tupleOf(rest));
        break;
      case "delete":
        node.delete(...tupleOf(rest));
        break;
      case "advance":
        this.#world.clock.advance(Number(rest));
        break;
      case "show":
        return this.#rows(node, rest);
      case "counters":
        return counted(node);
      default:
        return [`no such command: ${verb}`];
    }
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  #rows(node: Node, table: string): readonly string[] {
    const rows = node.rows(table) ?? [];
    return rows.map((row) => formatTuple(table, row)).toSorted();
  }

  #watch(line: WatchLine): void {
    const [name] = line.tuple;
    if (typeof name === "string" && (name === "periodic" || name.endsWith("localAddr"))) return;
    this.#lines.push(formatWatchLine(line).replace(/^\S+ /, "").replace(/ +/, " "));
  }
}

function split(command: string): readonly [string, string] {
  const at = command.indexOf(" ");
  return at < 0 ? [command, ""] : [command.slice(0, at), command.slice(at + 1)];
}

function counted(node: Node): readonly string[] {
  const { engine, drops, conflicts, evicted, expired } = node.counters;
  const failed = engine.failed.reduce((sum, count) => sum + count, 0);
  const numbers = { failed, stopped: engine.stopped, conflicts, evicted, expired, ...Object.fromEntries(drops) };
  return Object.entries(numbers).flatMap(([name, count]) => (count === 0 ? [] : [`${name} ${count}`]));
}
