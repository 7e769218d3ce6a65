import type { ArgumentSpec } from "./command-spec.ts";

/** The running node that a command connects to. */
export const NODE_ARGUMENT: ArgumentSpec = {
  syntax: "<node>",
  description: "port or HOST:PORT of a node of this user, or path of a control socket",
};
