import type { Compiler } from "../../../runtime/control/compiler.ts";
import { Control } from "../../../runtime/control/control.ts";
import {
  controlPath,
  type ControlSocket,
  openControl,
  type OpenedControl,
  prepareControlFolder,
} from "../../../runtime/device/control-socket.ts";
import { parseHostPort } from "../../../runtime/ip/host-port.ts";
import type { Node } from "../../../runtime/node/node.ts";
import type { Datagrams } from "../../../runtime/world/world.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";

/** Where the node can be asked: at a path, at that of its port, or nowhere. */
export type ControlRequest = { readonly path: string } | "port" | "none";

/**
 * The control socket of a node. A path that was asked for and cannot be had is an error. Without one it is that of the port,
 * or, when another node has that (in another network namespace, port numbers are others'), that of the address; and when
 * that cannot be had either, the node runs without.
 */
export async function controlOf(
  node: Node,
  compiler: Compiler,
  request: ControlRequest,
  { address }: Datagrams,
  log: Log,
): Promise<ControlSocket | undefined> {
  if (request === "none") return undefined;
  const control = new Control(node, compiler);
  if (request !== "port") {
    const opened = await openControl(request.path, control);
    if (opened.ok) return opened.socket;
    await node.stop();
    throw runFailed(`${opened.message}; give this one another with --control PATH, or none with --no-control`);
  }
  const opened = await openUsual(address, control);
  if (opened.ok && opened.isOfAddress)
    log.warn(`another node has the control socket of this port: for query, ctl and top this one is ${address}`);
  if (opened.ok) return opened.socket;
  log.warn(`no control socket: ${opened.message}`);
  return undefined;
}

async function openUsual(
  address: string,
  control: Control,
): Promise<OpenedControl & { readonly isOfAddress?: boolean }> {
  const unprepared = prepareControlFolder();
  if (unprepared !== undefined) return { ok: false, reason: "refused", message: unprepared };
  const bound = parseHostPort(address);
  const opened = await openControl(controlPath(String(bound.ok ? bound.at.port : 0)), control);
  if (opened.ok || opened.reason !== "taken") return opened;
  return { ...(await openControl(controlPath(address), control)), isOfAddress: true };
}
