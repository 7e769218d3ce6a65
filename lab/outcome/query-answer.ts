import { failuresText } from "../../runtime/control/query-failures.ts";
import type { Reply } from "../../runtime/control/reply.ts";

/** Answer of a host's node to the query of a check. */
export interface QueryAnswer {
  readonly host: string;
  /** Distinct rows, their values in the notation of programs. Undefined if the node does not answer or refuses the query. */
  readonly rows: readonly (readonly string[])[] | undefined;
  /** Reason why there are no rows; or, with rows, the derivations of the query that had no value. */
  readonly problem?: string;
}

const NO_ANSWER = "no answer";

/** Returns the rows that the replies to a query hold. `replies` is undefined if the node is down or does not answer. */
export function queryAnswer(host: string, replies: readonly Reply[] | undefined): QueryAnswer {
  const problem = problemIn(replies);
  if (problem !== undefined) return { host, rows: undefined, problem };
  const rows = replies?.flatMap((reply) => ("rows" in reply ? reply.rows.map((row) => row.map(String)) : []));
  const failed = replies?.flatMap((reply) => ("failed" in reply ? failuresText(reply.failed) : []))[0];
  return failed === undefined ? { host, rows } : { host, rows, problem: failed };
}

/** Returns the reason why a node did not answer a request or refused it; undefined if the request succeeded. */
export function problemIn(replies: readonly Reply[] | undefined): string | undefined {
  if (replies === undefined) return NO_ANSWER;
  const refusal = replies.find((reply) => "ok" in reply && !reply.ok);
  return refusal !== undefined && "error" in refusal ? refusal.error.message : undefined;
}
