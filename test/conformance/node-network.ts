import type { Datagrams, World } from "../../runtime/world/world.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import { formatWatchLine, type WatchLine } from "../../runtime/observe/watch.ts";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import { compile } from "../../src/compile.ts";
import type { ViewOptimisations } from "../../src/program/view-optimisations.ts";
import { libraryOf } from "../session/library-of.ts";
import { tupleOf } from "../session/tuple-of.ts";
import { tunAt } from "../sim/tun-at.ts";

const COMMAND_SECONDS = 0.1;
const DELAY = 0.001;
const MTU = 1400;
/** Later than the end of any case. */
const SECOND_PING = 10_000;

/** Simulated nodes that run one program, with a log of the watch lines of each node. */
export class NodeNetwork {
  readonly #simulation = new Simulation({ seed: 1, faults: () => ({ delay: DELAY }) });
  readonly #nodes = new Map<string, Node>();
  readonly #hasKeys: boolean;
  #lines: string[] = [];

  /**
   * Compiles the program and starts the nodes; returns the diagnostics if it has errors. With `hasKeys`, links authenticate the nodes by
   * their addresses.
   */
  static of(
    text: string,
    names: readonly string[],
    optimisations: ViewOptimisations,
    hasKeys = false,
  ): NodeNetwork | readonly string[] {
    const options = { defines: new Map<string, string>(), dialect: undefined, optimisations };
    const { plan, diagnostics } = compile(["program"], libraryOf(text), options);
    if (plan === undefined) return diagnostics.map(({ code, message }) => `${code} ${message}`);
    return new NodeNetwork(loadProgram(plan), names, hasKeys);
  }

  private constructor(program: Program, names: readonly string[], hasKeys: boolean) {
    this.#hasKeys = hasKeys;
    for (const name of names) {
      const boot = (world: World): void => this.#boot(name, program, world);
      const devices = [tunAt(`100.64.0.${this.#nodes.size + 1}`, MTU)];
      this.#simulation.addHost({ name, address: `${name}:1`, boot, devices }).start();
    }
    this.#run(COMMAND_SECONDS);
    this.#lines = [];
  }

  /** Number of datagrams that were delivered so far. */
  get delivered(): number {
    return this.#simulation.network.delivered;
  }

  command(command: string): readonly string[] {
    const [first = "", second = "", ...rest] = command.split(" ");
    const node = this.#nodes.get(first);
    if (node !== undefined && second === "show") return rows(node, rest.join(" "));
    if (node !== undefined && second === "counters") {
      return [...node.counters.drops].map(([reason, count]) => `${reason} ${count}`);
    }
    this.#execute(first, second, rest.join(" "), node);
    this.#run(first === "advance" ? Number(second) : COMMAND_SECONDS);
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  #execute(first: string, second: string, rest: string, node: Node | undefined): void {
    if (node !== undefined) {
      if (second === "delete") node.delete(...tupleOf(rest));
      else node.insert(...tupleOf(rest));
      return;
    }
    switch (first) {
      case "advance":
        return;
      case "crash":
        return this.#simulation.host(second).crash();
      case "restart":
        return this.#simulation.host(second).restart();
      case "cut":
        this.#simulation.cut(second, rest);
        return this.#simulation.cut(rest, second);
      case "heal":
        this.#simulation.heal(second, rest);
        return this.#simulation.heal(rest, second);
      case "ping":
        return this.#ping(second, rest);
      default:
        throw new Error(`no such command: ${first}`);
    }
  }

  /** Sends one echo request and logs a reply that arrives within the time of the command. */
  #ping(from: string, destination: string): void {
    this.#simulation.host(from).kernel.ping({ destination }, SECOND_PING, ({ kind }) => {
      this.#lines.push(`${from} ${kind === "reply" ? "gets a reply from" : "gets no reply from"} ${destination}`);
    });
  }

  #run(seconds: number): void {
    this.#simulation.runUntil(this.#simulation.now + seconds);
  }

  #boot(name: string, program: Program, world: World): void {
    const names = program.plan.predicates.map((spec) => spec.name).filter((one) => !one.includes("?"));
    if (this.#hasKeys) authenticate(world.datagrams);
    const node = new Node(program, world, {
      names: [`${name}:1`],
      ...(this.#hasKeys && { senderNames: { namesOf: (principal) => [principal] } }),
      facts: [],
      watch: names,
      onWatch: (line) => this.#watch(name, line),
    });
    this.#nodes.set(name, node);
    node.start();
  }

  #watch(node: string, line: WatchLine): void {
    const [name] = line.tuple;
    if (typeof name === "string" && (name === "periodic" || name.endsWith("localAddr"))) return;
    if (line.op === "send") return;
    const text = formatWatchLine(line).replace(/^\S+ /, "").replace(/ +/, " ");
    this.#lines.push(`${node} ${text.replace(/b"[0-9a-f]{100,}"/, "(a packet)")}`);
  }
}

/** Adds the name of the sender to all datagrams, which is the address that they come from. */
function authenticate(datagrams: Datagrams): void {
  const onDatagram = datagrams.onDatagram.bind(datagrams);
  datagrams.onDatagram = (receive) => onDatagram((datagram) => receive({ ...datagram, principal: datagram.from }));
}

function rows(node: Node, table: string): readonly string[] {
  return (node.rows(table) ?? []).map((row) => formatTuple(table, row)).toSorted();
}
