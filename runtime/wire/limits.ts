/** What both ends of version 1 hold each other to. */

/** How deep lists and addresses may stand in one another. */
export const DEPTH_MAX = 32;
/** How many nodes may send a packet on. */
export const HOPS_MAX = 32;
/** The longest message that travels in fragments, without any header. */
export const MESSAGE_MAX: number = 256 * 1024;
export const FRAGMENTS_MAX = 512;
