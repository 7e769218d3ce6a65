import { parseKey } from "../../../runtime/link/key-text.ts";
import { canonicalIp } from "../../../runtime/plan/values/canonical-address.ts";
import { parseIp } from "../../../runtime/plan/values/ip-address.ts";
import type { Peer } from "../../../runtime/node/peer-facts.ts";
import { readAddress } from "../../query/read-address.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** A use of `--peer`. */
export interface PeerOption {
  readonly text: string;
  readonly peer: Peer;
  /** Public key of the peer, 32 bytes; undefined if the user has not given it. Only a HOST:PORT has a key. */
  readonly key: Uint8Array | undefined;
}

/** A key at the end of the text. A key is the only text with this form, so an address in an overlay has none at its end. */
const WITH_KEY = /^(.*),([A-Za-z0-9+/]{43}=)$/;

/** Parses `--peer [VIP=]ADDR[,KEY]`. */
export function parsePeerOption(text: string): PeerOption {
  const [, address = text, keyText] = WITH_KEY.exec(text) ?? [];
  const key = keyText === undefined ? undefined : parseKey(keyText);
  const peer = parsePeer(address);
  if (key !== undefined && typeof peer.address !== "string")
    throw wrongUsage("--peer", `${address} is an address in an overlay; a key belongs to a HOST:PORT`);
  return { text: address, peer, key };
}

/** Parses `--peer [VIP=]ADDR`. Both addresses of the result are canonical. */
export function parsePeer(text: string): Peer {
  // The `=` in `sr::["a=b:1"]` is part of the address.
  const isWhole = text.includes("::") && readAddress(text).ok;
  const [first = "", ...rest] = isWhole ? [text] : text.split("=");
  const address = rest.length === 0 ? first : rest.join("=");
  const virtual = rest.length === 0 ? undefined : first;
  const virtualBytes = virtual === undefined ? undefined : parseIp(virtual);
  if (virtual !== undefined && virtualBytes === undefined) {
    throw wrongUsage(
      "--peer",
      `\`${virtual}\` is not an IP address; write VIRTUAL-IP=HOST:PORT, as in 100.64.0.2=10.0.0.2:10000`,
    );
  }
  return { virtual: virtualBytes && canonicalIp(virtualBytes), address: addressOf(address) };
}

function addressOf(text: string): Peer["address"] {
  const reading = readAddress(text);
  if (!reading.ok) throw wrongUsage("--peer", reading.message);
  return reading.address;
}
