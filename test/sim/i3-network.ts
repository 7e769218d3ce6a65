/** Simulated network of `i3.mzl`. */
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

const COUNT = 5;
const CLIENTS = 4;

export const ADDRESSES: readonly string[] = addressesOf(COUNT + CLIENTS);
export const SERVERS: readonly string[] = ADDRESSES.slice(0, COUNT);
const [alice = "", bob = "", carol = "", dave = ""] = ADDRESSES.slice(COUNT);
export const ALICE: string = alice;
export const BOB: string = bob;
export const CAROL: string = carol;
export const DAVE: string = dave;
const BOOT = ADDRESSES.slice(0, 4);
export function idOf(name: string): bigint {
  return sha1(name);
}

/** Servers in a ring, and nodes that know two of them. */
export class IndirectionNetwork extends ProgramNetwork {
  /** `peers`: the public ids to which a client sends, for `i3-private.mzl`. `further`: addresses of clients beside the four. */
  constructor(
    program = "test/sim/i3-client.mzl",
    defines = {},
    peers: readonly bigint[] = [],
    further: readonly string[] = [],
  ) {
    super({
      program,
      defines,
      addresses: [...ADDRESSES, ...further],
      faults: { delay: 0.01 },
      facts: (address) =>
        SERVERS.includes(address)
          ? [
              { predicate: "chord.boot", args: [BOOT] },
              ...BOOT.map((one) => ({ predicate: "chord.member", args: [one] })),
            ]
          : [
              ...SERVERS.slice(1, 3).map((server) => ({ predicate: "i3.server", args: [server] })),
              ...peers.map((peer) => ({ predicate: "i3private.peer", args: [peer] })),
            ],
    });
    this.pass(30);
  }

  /** Inserts a trigger, and waits until a server keeps it. */
  trigger(address: string, id: bigint, stack: readonly Value[] = []): void {
    this.node(address).insert("i3.trigger", [id, stack]);
    this.pass(8);
  }

  /** Sends a text to an id or a stack, and waits until it has arrived. */
  say(from: string, to: Value, text: string): void {
    this.node(from).insert("say", [to, text]);
    this.pass(1);
  }

  got(address: string): readonly Value[] {
    return this.rows(address, "got").map(([text]) => text as Value);
  }

  /** Number of packets that servers and clients have dropped for a reason. */
  dropped(reason: string): number {
    const counts = this.addresses.flatMap((one) => this.rows(one, "i3.dropped").filter(([why]) => why === reason));
    return counts.reduce((sum, [, number]) => sum + (number as number), 0);
  }

  /** Number of datagrams between the hosts within two seconds. */
  datagrams(): number {
    const start = this.simulation.network.delivered;
    this.pass(2);
    return this.simulation.network.delivered - start;
  }
}
