/** Reasons of failures as rules see them (docs/language.md lists them), by error code of Node.js. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "refused"],
  ["EADDRINUSE", "in use"],
  ["ENOTFOUND", "unresolved"],
  ["EAI_AGAIN", "unresolved"],
  ["ECONNRESET", "reset"],
  ["EPIPE", "reset"],
  ["ERR_STREAM_DESTROYED", "reset"],
  ["ETIMEDOUT", "timed out"],
  ["EHOSTUNREACH", "unreachable"],
  ["ENETUNREACH", "unreachable"],
  ["EACCES", "not allowed"],
  ["EPERM", "not allowed"],
  ["EADDRNOTAVAIL", "not here"],
]);

/** Returns the reason for an error code; the code itself if no reason stands for it. */
export function reasonOfCode(code: string): string {
  return REASONS.get(code) ?? code;
}
