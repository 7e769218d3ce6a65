import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { LimitName } from "../../runtime/engine/limits/limits.ts";
import { Node } from "../../runtime/node/node.ts";
import type { Program } from "../../runtime/node/program.ts";
import { trainOf } from "../../runtime/plan/values/train.ts";
import { Simulation } from "../../runtime/sim/simulation.ts";
import type { Datagram, Datagrams, World } from "../../runtime/world/world.ts";
import type { FuzzInput } from "./fuzz-input.ts";
import { ADDRESSES, SECRETS, type FuzzedProgram, VIRTUAL } from "./fuzzed-program.ts";
import { tunAt } from "../sim/tun-at.ts";

const MTU = 1280;
const LINK = { delay: 0.005, jitter: 0.002 };

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Three simulated nodes of a program. Inputs reach them by the path of real datagrams and packets. */
export class FuzzedNetwork {
  readonly simulation: Simulation;
  readonly nodes: readonly Node[];
  /** Datagrams that nodes sent, while `isRecording`. */
  readonly sent: Uint8Array[] = [];
  isRecording = true;
  /** Rules whose steps exceeded a limit, with the limit. */
  readonly exceeded: Map<string, number> = new Map();
  readonly #receivers: ((datagram: Datagram) => void)[] = [];
  readonly #packetReceivers: ((packet: Uint8Array) => void)[] = [];

  constructor(program: Program, fuzzed: FuzzedProgram, seed: number) {
    this.simulation = new Simulation({ seed, faults: () => LINK });
    const nodes: Node[] = [];
    for (const [number, address] of ADDRESSES.entries()) {
      const devices = fuzzed.hasTun === true ? [tunAt(VIRTUAL[number] as string, MTU)] : [];
      const boot = (world: World): void => {
        nodes[number] = this.#boot(program, fuzzed, number, world);
      };
      this.simulation.addHost({ name: address, address, boot, devices });
    }
    this.simulation.startAll();
    this.nodes = nodes;
  }

  #boot(program: Program, { facts = () => [] }: FuzzedProgram, number: number, world: World): Node {
    const address = ADDRESSES[number] as string;
    const [tun] = world.devices;
    if (tun !== undefined) {
      const onPacket = tun.onPacket.bind(tun);
      tun.onPacket = (receive): void => {
        this.#packetReceivers[number] = receive;
        onPacket(receive);
      };
    }
    const onLimit = (limit: LimitName, rule: string): void => {
      const key = `${limit} in ${rule}`;
      this.exceeded.set(key, (this.exceeded.get(key) ?? 0) + 1);
    };
    const settings = { names: [address], facts: facts(address), watch: [], onLimit, secrets: SECRETS };
    const node = new Node(program, { ...world, datagrams: this.#tapped(world.datagrams, number) }, settings);
    node.start();
    return node;
  }

  #tapped(datagrams: Datagrams, number: number): Datagrams {
    const onDatagram = datagrams.onDatagram.bind(datagrams);
    const send = datagrams.send.bind(datagrams);
    return Object.assign(datagrams, {
      onDatagram: (receive: (datagram: Datagram) => void): void => {
        this.#receivers[number] = receive;
        onDatagram(receive);
      },
      send: (to: string, bytes: Uint8Array): void => {
        if (this.isRecording) this.sent.push(bytes);
        send(to, bytes);
      },
    });
  }

  /** Delivers an input. Time passes only in a pause. */
  apply(input: FuzzInput): void {
    switch (input.kind) {
      case "pause":
        return;
      case "packet":
        return this.#packetReceivers[input.to]?.(input.bytes.slice());
      case "datagrams": {
        const { from } = input;
        if (input.isTrain) return this.#receivers[input.to]?.({ bytes: trainOf(input.datagrams), from });
        for (const datagram of input.datagrams) this.#receivers[input.to]?.({ bytes: datagram.slice(), from });
      }
    }
  }

  /** Number of datagrams that all nodes have sent. */
  get sentCount(): number {
    return this.nodes.reduce((sum, node) => sum + node.metrics().network.sent, 0);
  }

  /**
   * Bytes of memory in use by this process, without garbage. A collection takes as long as hundreds of inputs, so memory of at most
   * `enough` bytes is told with its garbage.
   */
  memory(enough: number = 0): number {
    const uncollected = bytesInUse();
    if (uncollected <= enough) return uncollected;
    collectGarbage();
    collectGarbage();
    return bytesInUse();
  }

  /** Tables and queues of the nodes with their lengths, the longest first. */
  sizes(): string {
    const sizes = this.nodes.flatMap((node) => {
      const { tables, queues } = node.metrics();
      return [
        ...tables.map(({ table, rows }) => ({ name: table, count: rows })),
        ...queues.map(({ queue, length }) => ({ name: queue, count: length })),
      ];
    });
    const longest = sizes.filter(({ count }) => count > 0).toSorted((one, other) => other.count - one.count);
    return longest
      .slice(0, 8)
      .map(({ name, count }) => `${name} ${count}`)
      .join(", ");
  }
}

function bytesInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
