import type { Opened } from "./streams.ts";
import type { Datagrams } from "./world.ts";

/** UDP sockets that rules open on a host, besides the socket of its node. */
export interface UdpSockets {
  /**
   * Opens a socket at `host:port`; a name is resolved, and port 0 takes a free port. Never throws: a failure is an outcome with a reason as
   * for `Streams`. The callback may run before the call returns. The caller must close the socket.
   */
  open(address: string, opened: (outcome: Opened<Datagrams>) => void): void;
}
