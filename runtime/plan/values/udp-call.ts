/** Names of the UDP views: `udp.open(Address, &Socket)` and `udp.close(Socket)`. The element UdpRx answers them. */
export const udpCalls = ["open", "close"] as const;

export type UdpCall = (typeof udpCalls)[number];

/** Name of the event of a datagram: `udp.recv(Socket, From, Bytes)`. */
export const UDP_RECV = "udp.recv";

/** Name of the head that sends a datagram: `udp.send(Socket, To, Bytes)`. */
export const UDP_SEND = "udp.send";
