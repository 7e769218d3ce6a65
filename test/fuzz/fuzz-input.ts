/** One thing that happens to a network under test. A list of inputs and a seed decide a run. */
export type FuzzInput =
  /** Datagrams that arrive at a node at once, each with its source. Several of a train arrive as one. */
  | {
      readonly kind: "datagrams";
      readonly to: number;
      readonly from: string;
      readonly datagrams: readonly Uint8Array[];
      /** Number of tuples in all datagrams. */
      readonly tuples: number;
      readonly isTrain: boolean;
    }
  /** A packet of the kernel of a node's host, through its TUN device. */
  | { readonly kind: "packet"; readonly to: number; readonly bytes: Uint8Array }
  /** Time passes, so that timers fire. */
  | { readonly kind: "pause"; readonly seconds: number };

const SHOWN_BYTES = 48;

export function formatInput(input: FuzzInput): string {
  if (input.kind === "pause") return `pause of ${input.seconds} s`;
  if (input.kind === "packet") return `packet at node ${input.to}: ${formatBytes(input.bytes)}`;
  const form = input.isTrain ? "train" : "datagram";
  return `${form} from ${input.from} at node ${input.to}: ${input.datagrams.map(formatBytes).join(" + ")}`;
}

function formatBytes(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString("hex");
  return bytes.length > SHOWN_BYTES ? `${shown}.. (${bytes.length} bytes)` : shown;
}
