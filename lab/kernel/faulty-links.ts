import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import type { FaultyDirection } from "./delayed-packets.ts";
import { labEnvironment } from "./lab-folder.ts";
import { LabFailure, type Namespaces } from "./namespaces.ts";
import { type LinkDevice, packetsOn } from "./packet-directions.ts";
import type { Topology } from "../topology/topology.ts";
import type { Wiring } from "../topology/wiring.ts";

/** Message to the link process: the faults of all directions. */
export interface LinkRequest {
  readonly directions: readonly FaultyDirection[];
  /** Faults of packets that gateways send into the network behind them. Undefined if no host is a gateway. */
  readonly inward: readonly FaultyDirection[] | undefined;
  /** Faults of packets that gateways which only route send out of the network behind them. Undefined if no gateway does. */
  readonly outward: readonly FaultyDirection[] | undefined;
  readonly seed: number;
}

/** Reply of the link process once the faults are in effect. */
export type LinkReply = { readonly ok: true } | { readonly ok: false; readonly message: string };

const PROCESS = fileURLToPath(new URL("link-process.ts", import.meta.url));

/** Link process, which emulates all faults of links except rates. It exits with this process. */
export class FaultyLinks {
  readonly #child: ChildProcess;
  readonly #seed: number;
  readonly #ended: Promise<LinkReply>;
  #stderr = "";
  #failure: string | undefined;

  private constructor(child: ChildProcess, seed: number) {
    this.#child = child;
    this.#seed = seed;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.#ended = once(child, "exit").then(() => this.#fail());
  }

  /** Message if the link process has exited, otherwise undefined. */
  get failure(): string | undefined {
    return this.#failure;
  }

  static async start({ seed }: Topology, namespaces: Namespaces): Promise<FaultyLinks> {
    const [command = "", ...args] = namespaces.onHub([process.execPath, PROCESS]);
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe", "ipc"], env: labEnvironment() });
    const links = new FaultyLinks(child, seed);
    const reply = await links.apply(namespaces.wiring);
    if (!reply.ok) throw new LabFailure(`the links with faults could not be set up: ${reply.message}`);
    namespaces.useFaults();
    return links;
  }

  /** Applies the faults of the wiring. Settles when they are in effect. */
  async apply(wiring: Wiring): Promise<LinkReply> {
    const replied = once(this.#child, "message").then(([reply]) => reply as LinkReply);
    const hasGateways = wiring.networks.some(({ gateway }) => gateway !== undefined);
    const hasRouters = wiring.hosts.some((host) => wiring.routedBy(host).length > 0);
    const request: LinkRequest = {
      directions: faultyDirections(wiring, "links"),
      inward: hasGateways ? faultyDirections(wiring, "inward") : undefined,
      outward: hasRouters ? faultyDirections(wiring, "outward") : undefined,
      seed: this.#seed,
    };
    if (this.#child.connected) this.#child.send(request, () => {});
    return Promise.race([replied, this.#ended]);
  }

  #fail(): LinkReply {
    this.#failure = `the link process exited: ${this.#stderr.trim() || "it was killed"}`;
    return { ok: false, message: this.#stderr.trim() };
  }

  /** Ends the link process. */
  stop(): void {
    this.#child.kill();
  }
}

/** Returns the faults of all directions whose packets pass a device of the link process. */
function faultyDirections(wiring: Wiring, passed: LinkDevice): readonly FaultyDirection[] {
  return wiring.machines.flatMap((sender) =>
    wiring.machines
      .filter((receiver) => receiver !== sender)
      .flatMap((receiver) => {
        const faults = withoutRate(wiring.faults(sender, receiver));
        return packetsOn(wiring, { from: sender, to: receiver })
          .filter(({ device }) => device === passed)
          .map(({ from, to }) => ({ from, to, faults }));
      }),
  );
}

/** Removes rate and queue, which the kernel emulates. */
function withoutRate({ rate: _rate, queue: _queue, ...faults }: LinkFaults): LinkFaults {
  return faults;
}
