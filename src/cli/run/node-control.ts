import type { Compiler } from "../../../runtime/control/compiler.ts";
import {
  controlPath,
  type ControlSocket,
  openControl,
  type OpenedControl,
  prepareControlFolder,
} from "../../../runtime/control/control-socket.ts";
import { Control } from "../../../runtime/control/control.ts";
import { parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import type { Node } from "../../../runtime/node/node.ts";
import type { Datagrams } from "../../../runtime/world/world.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";

/** Control socket that a node opens: at `path`, as PORT.sock in `folder`, at the default path ("port"), or none. */
export type ControlRequest = { readonly path: string } | { readonly folder: string } | "port" | "none";

/**
 * Opens the control socket of a node. Stops the node and throws `Failure` if the path of `--control` cannot be opened. The default
 * path ends with the port. If another node uses this path (a node of another network namespace can have the same port), the path ends
 * with the address instead. If neither path can be opened, the node runs without a control socket.
 */
export async function openControlSocket(
  node: Node,
  compiler: Compiler,
  request: ControlRequest,
  { address }: Datagrams,
  log: Log,
): Promise<ControlSocket | undefined> {
  if (request === "none") return undefined;
  const control = new Control(node, compiler);
  if (request !== "port") {
    const path = "path" in request ? request.path : controlPath(portOf(address), request.folder);
    const opened = await openControl(path, control);
    if (opened.ok) return opened.socket;
    await node.stop();
    throw runFailed(`${opened.message}; choose another path with --control PATH, or none with --no-control`);
  }
  const opened = await openDefault(address, control);
  if (opened.ok && opened.isByAddress)
    log.warn(`another node uses the control socket of this port: give ${address} as NODE to query, ctl and top`);
  if (opened.ok) return opened.socket;
  log.warn(`no control socket: ${opened.message}`);
  return undefined;
}

async function openDefault(
  address: string,
  control: Control,
): Promise<OpenedControl & { readonly isByAddress?: boolean }> {
  const folderProblem = prepareControlFolder();
  if (folderProblem !== undefined) return { ok: false, reason: "refused", message: folderProblem };
  const opened = await openControl(controlPath(portOf(address)), control);
  if (opened.ok || opened.reason !== "taken") return opened;
  return { ...(await openControl(controlPath(address), control)), isByAddress: true };
}

function portOf(address: string): string {
  const bound = parseHostPort(address);
  return String(bound.ok ? bound.at.port : 0);
}
