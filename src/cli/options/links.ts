/** Whether the links of a node have keys, from the options `--key`, `--insecure` and `--peer`. */
import { join } from "node:path";
import type { PinnedPeer } from "../../../runtime/link/linked-node.ts";
import type { KeyPair } from "../../../runtime/link/x25519.ts";
import { wrongUsage } from "../terminal/failure.ts";
import { isLoopback } from "./address-scope.ts";
import { readKeyFile } from "./key-file.ts";
import type { PeerOption } from "./peer.ts";

/**
 * "sealed": each node of the process, in the order of `--listen`, exchanges datagrams with the owners of these keys only. "open": with
 * everybody who reaches it, with `isInsecure` from other hosts too.
 */
export type LinkKeys =
  | { readonly kind: "open"; readonly isInsecure: boolean }
  | { readonly kind: "sealed"; readonly nodes: readonly NodeKeys[] };

/** Key of a node, and those of its peers. */
export interface NodeKeys {
  readonly keys: KeyPair;
  readonly pinned: readonly PinnedPeer[];
}

export interface LinkInput {
  readonly key: string | undefined;
  readonly isInsecure: boolean;
  readonly peers: readonly PeerOption[];
  /** The addresses of `--listen`. */
  readonly listen: readonly string[];
}

/** Returns the keys of the links. Throws `Failure` if others than this machine could reach a node without keys. */
export function linkKeysOf({ key, isInsecure, peers, listen }: LinkInput): LinkKeys {
  if (key === undefined) {
    refuseKeysOf(peers);
    const refusal = listen.map((address) => insecurity(address, isInsecure)).find((why) => why !== undefined);
    if (refusal !== undefined) throw wrongUsage("--listen", refusal);
    return { kind: "open", isInsecure };
  }
  if (isInsecure) throw wrongUsage("--insecure", "with --key the links have keys; leave one of them out");
  const pinned = peers.map(pinnedOf);
  if (listen.length === 1) return { kind: "sealed", nodes: [{ keys: readKeyFile("--key", key), pinned }] };
  return { kind: "sealed", nodes: keysOfNodes(key, listen, pinned) };
}

/** Returns the keys of several nodes, each in the file of its port. The nodes are peers of each other. */
function keysOfNodes(folder: string, listen: readonly string[], pinned: readonly PinnedPeer[]): readonly NodeKeys[] {
  const nodes = listen.map((address) => {
    const port = address.slice(address.lastIndexOf(":") + 1);
    if (port === "0")
      throw wrongUsage("--key", "with --nodes the files of the keys have the ports as names: give --listen a port");
    return { address, keys: readKeyFile("--key", join(folder, `${port}.key`)) };
  });
  const siblings = nodes.map(({ address, keys }) => ({ name: address, key: keys.publicKey, endpoint: address }));
  return nodes.map(({ address, keys }) => {
    const others = siblings.filter(({ name }) => name !== address);
    return { keys, pinned: [...others, ...pinned.filter(({ name }) => name !== address)] };
  });
}

/** Returns why a node without keys may not listen at an address; undefined if it may. */
export function insecurity(listen: string, isInsecure: boolean): string | undefined {
  if (isInsecure || isLoopback(listen)) return undefined;
  return (
    `other hosts can reach ${listen}, and without keys anybody who reaches it can send tuples: ` +
    "give the node a key and its peers theirs (--key FILE, --peer HOST:PORT,KEY), or use --insecure"
  );
}

function refuseKeysOf(peers: readonly PeerOption[]): void {
  const pinned = peers.find(({ key }) => key !== undefined);
  if (pinned !== undefined) throw wrongUsage("--peer", `${pinned.text} has a key, but this node has none: --key FILE`);
}

function pinnedOf({ text, peer: { address }, key }: PeerOption): PinnedPeer {
  if (key === undefined) throw wrongUsage("--peer", `${text} has no key, so nothing is sent to it: ${text},KEY`);
  return { name: address as string, key, endpoint: address as string };
}
