import { spawnSync } from "node:child_process";
import { Failure, wrongUsage } from "../terminal/failure.ts";

/** The user of `--user`. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  /** All groups, `gid` among them. */
  readonly groups: readonly number[];
}

const MAX_ID = 2 ** 32 - 2;

/** Parses `--user NAME|UID[:GID]`; looks up names with `id`. */
export function parseUser(text: string): User {
  const [user = "", group, ...rest] = text.split(":");
  if (user === "" || group === "" || rest.length > 0)
    throw wrongUsage("--user", `\`${text}\` is not NAME or UID[:GID]`);
  const uid = numberOf(user) ?? runId("-u", user)[0];
  if (uid === undefined) throw wrongUsage("--user", `there is no user ${user}`);
  const gid = group === undefined ? (runId("-g", user)[0] ?? uid) : numberOf(group);
  if (gid === undefined) throw wrongUsage("--user", `\`${group}\` is not a group ID`);
  return { uid, gid, groups: group === undefined ? [...new Set([gid, ...runId("-G", user)])] : [gid] };
}

function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= MAX_ID ? Number(text) : undefined;
}

/** Returns the numbers that `id` prints; none if it does not know the user. */
function runId(option: "-u" | "-g" | "-G", user: string): readonly number[] {
  const { status, stdout, error } = spawnSync("id", [option, "--", user], { encoding: "utf8" });
  if (error !== undefined) throw new Failure(1, `--user: ${error.message}`);
  return status === 0 ? stdout.trim().split(" ").map(Number) : [];
}
