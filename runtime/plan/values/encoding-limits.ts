/** Limits of the encoding of values, in version 1 of the protocol. Both ends enforce them. */

/** Largest nesting of lists and addresses around a value, counted from the tuple or packet that holds it. */
export const DEPTH_MAX = 32;
/** Largest number of nodes that may forward a packet. */
export const HOPS_MAX = 32;
/** Length of the longest message that may travel in fragments, without headers. No byte string or text is longer. */
export const MESSAGE_MAX: number = 256 * 1024;
