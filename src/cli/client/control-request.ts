import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Request } from "../../../runtime/control/request.ts";
import type { ActionName } from "../completion/action-names.ts";
import { nearest } from "../../program/nearest.ts";
import { Failure, wrongUsage } from "../terminal/failure.ts";

/** An action of `mosaic ctl NODE ACTION [OPERAND]`. */
interface Action {
  readonly description: string;
  /** Description of the operand; undefined if the action takes none. */
  readonly operand: string | undefined;
  readonly request: (operand: string) => Request;
}

const ACTIONS: ReadonlyMap<string, Action> = new Map<ActionName, Action>([
  [
    "insert",
    {
      description: "insert a row, or raise an event",
      operand: "a fact, as in 'ron.member(\"10.0.0.4:10000\")'",
      request: (text) => ({ kind: "insert", text }),
    },
  ],
  [
    "delete",
    {
      description: "delete the row with the key of the fact",
      operand: "a fact, as in 'ron.member(\"10.0.0.4:10000\")'",
      request: (text) => ({ kind: "delete", text }),
    },
  ],
  [
    "load",
    {
      description: "add a program file",
      operand: "a file, as in tunnel.mzl",
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
      operand: "a loaded file",
      request: (name) => ({ kind: "unload", name }),
    },
  ],
  [
    "reload",
    {
      description: "read the program files again",
      operand: undefined,
      request: () => ({ kind: "reload" }),
    },
  ],
]);

/** Description of all actions for `--help`. */
export function actionsHelp(): string {
  return [...ACTIONS].map(([name, { description }]) => `${name}: ${description}`).join("; ");
}

/** Returns the request for the words after NODE; throws `Failure` if they are not an action and its operand. */
export function controlRequest(name: string, operand: string | undefined): Request {
  const action = ACTIONS.get(name);
  if (action === undefined) {
    const similar = nearest(name, ACTIONS.keys());
    const hint = similar === undefined ? `there are ${[...ACTIONS.keys()].join(", ")}` : `did you mean ${similar}?`;
    throw new Failure(2, `ctl: there is no action \`${name}\`; ${hint}`);
  }
  if (action.operand !== undefined && operand === undefined)
    throw wrongUsage(`ctl ${name}`, `it needs ${action.operand}`);
  if (action.operand === undefined && operand !== undefined) throw wrongUsage(`ctl ${name}`, "it takes no operand");
  return action.request(operand ?? "");
}
