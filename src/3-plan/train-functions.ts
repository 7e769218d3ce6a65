/** Functions from bytes or a packet to bytes or a packet. The engine calls them once for each packet of a train. */
const MAPPED: ReadonlySet<string> = new Set([
  "f_bytes",
  "f_concat",
  "f_open",
  "f_pack",
  "f_packet",
  "f_slice",
  "f_sums",
]);

/** Returns whether a call with a packet train gives a train, with the value for each packet. */
export function isMappedOverTrains(functionName: string): boolean {
  return MAPPED.has(functionName);
}
