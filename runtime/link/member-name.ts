/** Names that certificates give: those of members and of groups. */

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Whether a text is a name. It has no colon, so that no name is a HOST:PORT, and no character that a terminal executes. */
export function isMemberName(text: unknown): text is string {
  return typeof text === "string" && NAME.test(text);
}
