import { Address } from "../../values/address.ts";
import type { FunctionSpec } from "../../contract/function-spec.ts";
import { equal, type Maybe } from "../../values/value.ts";
import { isOverlayName } from "../../values/location.ts";
import { makeAddress } from "../operators/operators.ts";
import { define, defineImpure } from "./define.ts";

/** Name of the IP network in places where a program names an overlay. */
export const IP_NETWORK = "ip";
const HOST_PORT = /^(?:\[([^[\]]*)\]|([^:]*)):(\d{1,5})$/;
const PORT_MAX = 65_535;

export const addressFunctions: readonly FunctionSpec[] = [
  /** f_overlay(Address): the name of the overlay, or "ip" for a string, which is an address of the IP network. */
  define("f_overlay", 1, ["string"], overlayOf),
  /** f_node(Address): the part after `overlay::`, or a string unchanged. */
  define("f_node", 1, ["string", "id", "address", "list"], nodeOf),
  /** f_options(Address): the list of the options after the node, or the empty list for a string. */
  define("f_options", 1, ["list"], optionsOf),
  /**
   * f_address(Overlay, Node, Options): the address with these parts. With the overlay "ip" the result is Node, and Options must be empty.
   */
  define("f_address", 3, ["string", "address"], addressOf),
  /** f_host(Address): the host of "host:port", without brackets. Fails for other values, including addresses of overlays. */
  define("f_host", 1, ["string"], (address) => hostPortOf(address)?.host),
  /** f_port(Address): the port of "host:port". Fails for other values. */
  define("f_port", 1, ["number"], (address) => hostPortOf(address)?.port),
  /**
   * f_src(): the address that sent the tuple of this step, null if the step began on this node. On links with keys it is the authenticated
   * name of the peer.
   */
  defineImpure("f_src", 0, ["string", "address", "null"], (ambient) => ambient.source()),
];

function overlayOf(value: Maybe): Maybe {
  if (value instanceof Address) return value.overlay;
  return typeof value === "string" ? IP_NETWORK : undefined;
}

function nodeOf(value: Maybe): Maybe {
  if (value instanceof Address) return value.node;
  return typeof value === "string" ? value : undefined;
}

function optionsOf(value: Maybe): Maybe {
  if (value instanceof Address) return value.options;
  return typeof value === "string" ? [] : undefined;
}

/** Names of overlays are case-insensitive, as in the text of a program. */
function addressOf(name: Maybe, node: Maybe, options: Maybe): Maybe {
  if (typeof name !== "string") return undefined;
  const overlay = name.toLowerCase();
  if (overlay === IP_NETWORK)
    return typeof node === "string" && options !== undefined && equal(options, []) ? node : undefined;
  return isOverlayName(overlay) ? makeAddress(overlay, node, options) : undefined;
}

function hostPortOf(value: Maybe): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, port] = typeof value === "string" ? (HOST_PORT.exec(value) ?? []) : [];
  if (port === undefined || Number(port) > PORT_MAX) return undefined;
  return { host: bracketed ?? plain ?? "", port: Number(port) };
}
