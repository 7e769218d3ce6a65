import { spawnSync } from "node:child_process";
import { Failure, wrongUsage } from "../terminal/failure.ts";

/** Whom a process becomes. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  /** The others among its groups too. */
  readonly groups: readonly number[];
}

const ID_MAX = 2 ** 32 - 2;

/** `--user NAME|UID[:GID]` */
export function parseUser(text: string): User {
  const [user = "", group, ...rest] = text.split(":");
  if (user === "" || group === "" || rest.length > 0)
    throw wrongUsage("--user", `\`${text}\` is not NAME or UID[:GID]`);
  const uid = numberOf(user) ?? runId("-u", user)[0];
  if (uid === undefined) throw wrongUsage("--user", `there is no user ${user}`);
  const gid = group === undefined ? (runId("-g", user)[0] ?? uid) : numberOf(group);
  if (gid === undefined) throw wrongUsage("--user", `\`${group}\` is no number of a group`);
  return { uid, gid, groups: group === undefined ? [...new Set([gid, ...runId("-G", user)])] : [gid] };
}

function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= ID_MAX ? Number(text) : undefined;
}

/** What the system's databases say; nothing for one they do not know. */
function runId(what: "-u" | "-g" | "-G", user: string): readonly number[] {
  const { status, stdout, error } = spawnSync("id", [what, "--", user], { encoding: "utf8" });
  if (error !== undefined) throw new Failure(1, `--user: ${error.message}`);
  return status === 0 ? stdout.trim().split(" ").map(Number) : [];
}
