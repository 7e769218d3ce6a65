/** Largest number of fragments of a message, in version 1 of the protocol. */
export const FRAGMENTS_MAX = 512;
