/**
 * Report of a UDP stream or a TCP transfer: of one packet, or of several in the same second. Times are in seconds of the clock. No report
 * counts duplicate packets.
 */
export type FlowReport =
  | {
      readonly kind: "sent";
      readonly at: number;
      readonly packets: number;
      /** Payload that was sent for the first time. */
      readonly bytes: number;
      /** Retransmitted TCP segments; `packets` includes them. */
      readonly retransmitted: number;
      /** Measured round-trip times of TCP in seconds. */
      readonly delays: readonly number[];
    }
  | {
      readonly kind: "received";
      readonly at: number;
      readonly packets: number;
      /** Payload that the application received. */
      readonly bytes: number;
      /** One-way delays of UDP packets in seconds. */
      readonly delays: readonly number[];
      /** Second in which the packets were sent. */
      readonly sentIn: number;
    }
  /** The receiver has all bytes of a transfer. */
  | { readonly kind: "completed"; readonly at: number }
  /** The flow cannot run. */
  | { readonly kind: "failed"; readonly at: number; readonly reason: string };

export type ReportFlow = (report: FlowReport) => void;
