import type { PredicateRole } from "../values/predicate-spec.ts";
import { socketViewName, type SocketView, socketViews } from "../values/socket-view.ts";
import { STREAM_CLOSED } from "../values/stream-call.ts";
import { UDP_RECV, UDP_SEND } from "../values/udp-call.ts";

/** Element of the graph that serves the sockets of rules. */
export interface SocketElement {
  readonly name: "Tcp" | "UdpRx" | "UdpTx";
  /** Ports of ReceiveDemux whose tuples the element takes. */
  readonly takes: readonly string[];
  /** Ports by which the element raises events. */
  readonly raises: readonly string[];
}

/** Returns the elements that a program with predicates of these roles needs, and no others. */
export function socketElements(roles: readonly PredicateRole[]): readonly SocketElement[] {
  const has = (kind: PredicateRole["kind"]): boolean => roles.some((role) => role.kind === kind);
  const callsOf = (kind: SocketView["kind"]): readonly string[] =>
    socketViews
      .filter((view) => view.kind === kind && roles.some((role) => role.kind === kind && role.call === view.call))
      .map(socketViewName);
  const [tcp, udp] = [callsOf("tcp"), callsOf("udp")];
  const elements: readonly SocketElement[] = [
    { name: "Tcp", takes: tcp, raises: [...tcp, ...(has("tcpClosed") ? [STREAM_CLOSED] : [])] },
    { name: "UdpRx", takes: udp, raises: [...udp, ...(has("udpRecv") ? [UDP_RECV] : [])] },
    { name: "UdpTx", takes: has("udpSend") ? [UDP_SEND] : [], raises: [] },
  ];
  return elements.filter(({ takes, raises }) => takes.length + raises.length > 0);
}
