import { Node } from "../../runtime/node/node.ts";
import type { Program } from "../../runtime/node/program.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { decodeFields } from "../../runtime/plan/values/decode-fields.ts";
import { decodeDatagram, type EncodedTuple } from "../../runtime/wire/decode.ts";
import { manualWorld } from "../session/manual-world.ts";
import { type Peer, Runaway, type Sent, type Observation, OBSERVATIONS_MAX } from "./peer.ts";
import { isHidden, type Tuple } from "./tuple.ts";

/** Limit of derivations, far above that of the naive evaluator. Without a limit the engine could not undo a step. */
const DERIVATIONS = 100_000;

/** Real node whose datagrams the test delivers. */
export class EngineNode implements Peer {
  readonly address: string;
  readonly #program: Program;
  readonly #predicates: readonly PredicateSpec[];
  readonly #world: ReturnType<typeof manualWorld>;
  readonly #node: Node;
  #observations: Observation[] = [];
  #sent = 0;

  constructor(program: Program, address: string, rounds: number) {
    this.address = address;
    this.#program = program;
    this.#predicates = program.plan.predicates;
    this.#world = manualWorld(address);
    this.#node = new Node(program, this.#world, {
      names: [address],
      facts: [],
      watch: this.#predicates.map((spec) => spec.name).filter((name) => !isHidden(name)),
      limits: { rounds, derivations: DERIVATIONS },
      onLog: (message) => {
        if (message.includes("derivations")) throw new Runaway();
      },
      onWatch: ({ op, tuple }) => {
        if (op !== "refresh" && op !== "send" && op !== "recv")
          this.#observations.push(`${op} ${JSON.stringify(tuple)}`);
        if (this.#observations.length > OBSERVATIONS_MAX) throw new Runaway();
      },
    });
    this.#node.start();
    this.#observations = [];
  }

  /** Reloads the program of the node. Returns false if that failed. */
  reload(): boolean {
    return this.#node.replaceProgram(this.#program, []) !== undefined;
  }

  insert(name: string, args: Values): void {
    this.#node.insert(name, args);
  }

  delete(name: string, args: Values): void {
    this.#node.delete(name, args);
  }

  advanceTo(time: number): void {
    this.#world.clock.advance(time - this.#world.clock.now());
  }

  receive(tuple: Tuple, from: string): void {
    const predicate = this.#predicates.find((spec) => spec.name === tuple.name && spec.arity === tuple.args.length);
    if (predicate === undefined) throw new Error(`no predicate ${tuple.name}`);
    const builder = new DatagramBuilder(this.#world.datagrams.maxPayload);
    builder.add({ predicate, args: tuple.args, isDelete: tuple.isDelete });
    for (const bytes of builder.take()) this.#world.datagrams.deliver(bytes, from);
  }

  rows(table: string): readonly Values[] {
    return this.#node.rows(table) ?? [];
  }

  takeObservations(): readonly Observation[] {
    const observed = this.#observations;
    this.#observations = [];
    return observed;
  }

  takeSent(): readonly Sent[] {
    const datagrams = this.#world.datagrams.sent.slice(this.#sent);
    this.#sent += datagrams.length;
    return datagrams.flatMap(({ to, bytes }) => {
      const decoded = decodeDatagram(bytes);
      if (!decoded.ok) throw new Error(`invalid datagram: ${decoded.reason}`);
      return decoded.tuples.map((tuple) => ({ ...this.#decoded(tuple, bytes), to }));
    });
  }

  #decoded({ hash, start, end }: EncodedTuple, bytes: Uint8Array): Tuple {
    const spec = this.#predicates.find(({ wire }) => wire.tuple === hash || wire.remove === hash);
    const args = spec && decodeFields(bytes, start, end, spec.arity);
    if (spec === undefined || args === undefined) throw new Error("invalid tuple");
    return { name: spec.name, args, isDelete: spec.wire.remove === hash };
  }
}
