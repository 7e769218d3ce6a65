/** The programs do something that cannot be explored. Ends the search. */
export class UnexplorableError extends Error {}
