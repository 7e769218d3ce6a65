/** IP address of a device of the host. */
export interface HostAddress {
  /** Name of the device. */
  readonly device: string;
  /** Numeric, in canonical form. */
  readonly ip: string;
}

/** The addresses of the host of a node, which may change at any time. */
export interface HostAddresses {
  /**
   * Addresses of global scope on the devices that are up, sorted by device and then by address. Without the devices that this process
   * created.
   */
  readonly all: readonly HostAddress[];
  /**
   * Returns the endpoint names `host:port` of a socket that is bound to all addresses of the host. The first has the address from which
   * the host sends. Empty if the socket is bound to one address, or if the host has no address of the socket's family.
   */
  endpoints(bound: string): readonly string[];
  /** Returns the reason why no other host can send to a socket with this bound address; undefined if there is none. */
  problem(bound: string): string | undefined;
  /** Calls `changed` after each change of the addresses or of the routes, never from within a step. */
  onChange(changed: () => void): void;
}
