import type { NodeInstallation } from "../../../lab/simulator/simulated-nodes.ts";
import { hasTunDevice } from "../../../lab/topology/host-devices.ts";
import type { Host } from "../../../lab/topology/topology.ts";
import { Control } from "../../../runtime/control/control.ts";
import type { Secrets } from "../../../runtime/engine/strand-context.ts";
import type { Node } from "../../../runtime/node/node.ts";
import type { Peer } from "../../../runtime/node/peer-facts.ts";
import { NodeCompiler } from "../run/node-compiler.ts";

/** Returns the compiler for requests to the node of a host. It has the options with which `mosaic run` would run the host. */
export function compilerOf(
  { programs, defines, facts, devices }: Host,
  peers: readonly Peer[],
  secrets: Secrets,
): NodeCompiler {
  const hasTun = hasTunDevice(devices);
  const options = { files: programs, defines, dialect: undefined, facts, hasTun, secrets };
  return new NodeCompiler(options, new Map(), peers);
}

/** Returns the function that gives simulated nodes their control interface. */
export function controlsOf(
  secretsOf: (host: Host) => Secrets,
): (node: Node, installation: NodeInstallation) => Control {
  return (node, { host, peers }) => new Control(node, compilerOf(host, peers, secretsOf(host)));
}
