import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Request } from "../../../runtime/control/request.ts";
import { parseHostPort } from "../../../runtime/plan/values/host-port.ts";
import type { ActionName } from "../completion/action-names.ts";
import { nearest } from "../../program/nearest.ts";
import { Failure, wrongUsage } from "../terminal/failure.ts";

/** An action of `mosaic ctl NODE ACTION [OPERAND]`. */
interface Action {
  readonly description: string;
  /** Descriptions of the operands. */
  readonly operands: readonly string[];
  /** `grace`: value of the option `--grace`. */
  readonly request: (first: string, second: string, grace: number | undefined) => Request;
}

const ACTIONS: ReadonlyMap<string, Action> = new Map<ActionName, Action>([
  [
    "insert",
    {
      description: "insert a row, or raise an event",
      operands: ["a fact, as in 'ron.member(\"10.0.0.4:10000\")'"],
      request: (text) => ({ kind: "insert", text }),
    },
  ],
  [
    "delete",
    {
      description: "delete the row with the key of the fact",
      operands: ["a fact, as in 'ron.member(\"10.0.0.4:10000\")'"],
      request: (text) => ({ kind: "delete", text }),
    },
  ],
  [
    "load",
    {
      description: "add a program file",
      operands: ["a file, as in tunnel.mzl"],
      request: (file) => {
        if (file === "-")
          throw wrongUsage("ctl load", "a node cannot read the standard input of this command; name a file");
        return { kind: "load", file: existsSync(file) ? resolve(file) : file };
      },
    },
  ],
  [
    "unload",
    {
      description: "remove a program file",
      operands: ["a loaded file"],
      request: (name) => ({ kind: "unload", name }),
    },
  ],
  [
    "reload",
    {
      description: "read the program files again",
      operands: [],
      request: () => ({ kind: "reload" }),
    },
  ],
  [
    "rebind",
    {
      description: "give an overlay another own address, or the node another address of --listen",
      operands: ["an overlay, as in ron", "an address, as in 10.0.0.4:10000 or 'sr::[\"10.0.0.4:10000\"]'"],
      request: (overlay, address, grace) => ({ kind: "rebind", overlay, address, grace }),
    },
  ],
]);

/** Description of all actions for `--help`. */
export function actionsHelp(): string {
  return [...ACTIONS].map(([name, { description }]) => `${name}: ${description}`).join("; ");
}

/** Options of `mosaic ctl` for `rebind`. */
export interface RebindOptions {
  readonly listen?: string | undefined;
  /** Seconds. */
  readonly grace?: number | undefined;
}

/** Returns the request for the words after NODE and the options. Throws `Failure` if the words are no action with its operands. */
export function controlRequest(
  name: string,
  operands: readonly string[],
  { listen, grace }: RebindOptions = {},
): Request {
  if (grace !== undefined && (name !== "rebind" || listen !== undefined))
    throw wrongUsage("--grace", "only the action rebind OVERLAY ADDRESS takes it");
  if (listen !== undefined) return moveRequest(name, operands, listen);
  const action = ACTIONS.get(name);
  if (action === undefined) {
    const similar = nearest(name, ACTIONS.keys());
    const hint = similar === undefined ? `there are ${[...ACTIONS.keys()].join(", ")}` : `did you mean ${similar}?`;
    throw new Failure(2, `ctl: there is no action \`${name}\`; ${hint}`);
  }
  const missing = action.operands[operands.length];
  if (missing !== undefined) throw wrongUsage(`ctl ${name}`, `it needs ${missing}`);
  if (operands.length > action.operands.length) throw wrongUsage(`ctl ${name}`, tooMany(action.operands.length));
  const [first = "", second = ""] = operands;
  return action.request(first, second, grace);
}

/** `rebind --listen HOST:PORT` */
function moveRequest(name: string, operands: readonly string[], listen: string): Request {
  if (name !== "rebind") throw wrongUsage("--listen", "only the action rebind takes it");
  if (operands.length > 0) throw wrongUsage("--listen", "it moves the socket of the node; leave out the overlay");
  const parsed = parseHostPort(listen);
  if (!parsed.ok) throw wrongUsage("--listen", parsed.message);
  return { kind: "move", listen };
}

function tooMany(taken: number): string {
  if (taken === 0) return "it takes no operand";
  return taken === 1 ? "it takes one operand" : `it takes ${taken} operands`;
}
