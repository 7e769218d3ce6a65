import { Control } from "../../runtime/control/control.ts";
import {
  controlPath,
  type ControlSocket,
  openControl,
  type OpenedControl,
  prepareControlFolder,
} from "../../runtime/device/control-socket.ts";
import { parseHostPort } from "../../runtime/device/host-port.ts";
import type { Node } from "../../runtime/node/node.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { runFailed } from "./failure.ts";
import { nodeCompiler } from "./node-compiler.ts";
import type { Output } from "./output.ts";

/** Where the node can be asked: at a path, at that of its port, or nowhere. */
export type ControlRequest = { readonly path: string } | "port" | "none";

/**
 * The control socket of a node. That another node could be mistaken for this one is an error, and so is a path that was
 * asked for and cannot be had; a file system without a place for the usual path is not.
 */
export async function controlOf(
  node: Node,
  request: ControlRequest,
  { address }: Datagrams,
  output: Output,
): Promise<ControlSocket | undefined> {
  if (request === "none") return undefined;
  const opened = await open(request, address, new Control(node, nodeCompiler));
  if (opened.ok) return opened.socket;
  if (request === "port" && opened.reason === "refused") {
    output.problem(`mosaic: no control socket: ${opened.message}`);
    return undefined;
  }
  await node.stop();
  throw runFailed(`${opened.message}; give this one another with --control PATH, or none with --no-control`);
}

async function open(
  request: { readonly path: string } | "port",
  address: string,
  control: Control,
): Promise<OpenedControl> {
  if (request !== "port") return openControl(request.path, control);
  const unprepared = prepareControlFolder();
  if (unprepared !== undefined) return { ok: false, reason: "refused", message: unprepared };
  const bound = parseHostPort(address);
  return openControl(controlPath(bound.ok ? bound.at.port : 0), control);
}
