import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Request } from "../../../runtime/control/request.ts";
import { nearest } from "../../program/nearest.ts";
import { Failure, wrongUsage } from "../terminal/failure.ts";

interface Action {
  readonly description: string;
  /** What the action is done with, where it takes something. */
  readonly needs: string | undefined;
  readonly request: (what: string) => Request;
}

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    "insert",
    {
      description: "a row, or an event to raise",
      needs: "a fact, as 'ron.member(\"10.0.0.4:10000\")'",
      request: (text) => ({ kind: "insert", text }),
    },
  ],
  [
    "delete",
    {
      description: "the row with the key of the fact",
      needs: "a fact, as 'ron.member(\"10.0.0.4:10000\")'",
      request: (text) => ({ kind: "delete", text }),
    },
  ],
  [
    "load",
    {
      description: "one more program",
      needs: "a file, as tunnel.mzl",
      request: (file) => ({ kind: "load", file: existsSync(file) ? resolve(file) : file }),
    },
  ],
  [
    "unload",
    {
      description: "a program that was loaded",
      needs: "a file that is loaded",
      request: (name) => ({ kind: "unload", name }),
    },
  ],
  [
    "reload",
    {
      description: "the files, read again",
      needs: undefined,
      request: () => ({ kind: "reload" }),
    },
  ],
]);

export function actionsHelp(): string {
  return [...actions].map(([name, { description }]) => `${name}: ${description}`).join("; ");
}

/** What the words after NODE ask for. */
export function controlRequest(name: string, what: string | undefined): Request {
  const action = actions.get(name);
  if (action === undefined) {
    const similar = nearest(name, actions.keys());
    const hint = similar === undefined ? `there are ${[...actions.keys()].join(", ")}` : `did you mean ${similar}?`;
    throw new Failure(2, `ctl: there is no action \`${name}\`; ${hint}`);
  }
  if (action.needs !== undefined && what === undefined) throw wrongUsage(`ctl ${name}`, `it needs ${action.needs}`);
  if (action.needs === undefined && what !== undefined) throw wrongUsage(`ctl ${name}`, "it takes nothing more");
  return action.request(what ?? "");
}
