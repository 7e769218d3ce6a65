import { IoBatch } from "../../runtime/device/io-batch.ts";
import { LinuxClock } from "../../runtime/device/linux-clock.ts";
import { LinuxUdpSockets } from "../../runtime/device/linux-udp-sockets.ts";
import { Node } from "../../runtime/node/node.ts";
import type { SocketLimits } from "../../runtime/socket/socket-limits.ts";
import { defaultSocketLimits } from "../../runtime/socket/socket-limits.ts";
import type { Limits } from "../../runtime/engine/limits/limits.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import type { Device } from "../../runtime/world/world.ts";
import { manualWorld } from "../session/manual-world.ts";
import { compileProgram } from "../sim/program-network.ts";
import { waitForRows } from "./wait-for-rows.ts";

export interface UdpNodeOptions {
  readonly sockets?: Partial<SocketLimits>;
  readonly limits?: Partial<Limits>;
  readonly defines?: Readonly<Record<string, string>>;
  readonly tun?: Device;
}

/** A node whose UDP sockets are those of this host; its datagrams and device are not. */
export class UdpNode implements AsyncDisposable {
  readonly node: Node;

  constructor(program: string, { sockets = {}, limits = {}, defines = {}, tun }: UdpNodeOptions = {}) {
    const udp = new LinuxUdpSockets({ gso: true, gro: true, ioBatch: new IoBatch() });
    const world = { ...manualWorld("here:1"), clock: new LinuxClock(), udp, devices: tun === undefined ? [] : [tun] };
    const socketLimits = { ...defaultSocketLimits, ...sockets };
    const settings = { names: ["here:1"], facts: [], watch: [], limits, socketLimits };
    this.node = new Node(compileProgram(program, defines), world, settings);
    this.node.start();
  }

  /** Waits until the table has so many rows, up to a time limit, and returns them. */
  async rows(table: string, count: number): Promise<readonly Values[]> {
    return waitForRows(() => this.node.rows(table) ?? [], count);
  }

  get drops(): Readonly<Record<string, number>> {
    return Object.assign({}, ...this.node.metrics().elements.map(({ dropped }) => dropped)) as Record<string, number>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.stop();
  }
}
