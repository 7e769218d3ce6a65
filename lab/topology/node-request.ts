import type { Request } from "../../runtime/control/request.ts";
import type { NodeAction } from "./topology.ts";

/** Returns the request of the control interface that carries out an action on one node. */
export function requestOf(action: NodeAction): Request {
  const { kind, argument } = action;
  switch (kind) {
    case "insert":
    case "delete":
      return { kind, text: argument };
    case "load":
      return { kind, file: argument };
    case "unload":
      return { kind, name: argument };
    case "reload":
      return { kind };
    case "rebind":
      return { kind, overlay: argument, address: action.address, grace: action.grace };
  }
}
