import { loadNative } from "../../native/index.ts";
import { NativeLinks } from "../../runtime/device/native-links.ts";
import { openByNode, sealByNode } from "../native/link-pair.ts";

const CIPHER = "aes-256-gcm";

/** Peers of a node that seal by node:crypto. Each has a session with the node; `rekey` gives all of them another one. */
export class SealedPeers {
  readonly links: NativeLinks;
  readonly #addresses: readonly string[];
  #generation = 0;
  #sealed = 0n;

  constructor(addresses: readonly string[]) {
    const native = loadNative();
    const links = "missing" in native ? native.missing : NativeLinks.open(native);
    if (typeof links === "string") throw new Error(links);
    this.links = links;
    this.#addresses = addresses;
    this.rekey();
  }

  rekey(): void {
    this.#generation++;
    this.#sealed = 0n;
    for (const [number, address] of this.#addresses.entries()) {
      const peer = this.links.add(address, address);
      if (peer === undefined) throw new Error(`no link to ${address}`);
      const id = this.#idOf(number);
      const keys = { sealKey: keyOf(id, 1), openKey: keyOf(id, 2) };
      const error = this.links.addSession(peer, { id, peerId: id, cipher: CIPHER, ...keys, isConfirmed: true });
      if (error !== undefined) throw new Error(error);
    }
  }

  #idOf(number: number): number {
    return 10 * this.#generation + number;
  }

  /** Seals a datagram with packets of a device for the node. */
  seal(number: number, plain: Uint8Array): Uint8Array {
    const id = this.#idOf(number);
    return sealByNode(CIPHER, keyOf(id, 2), id, this.#sealed++, plain, true);
  }

  /** Opens a datagram of the node. */
  open(sealed: Uint8Array): Buffer {
    return openByNode(CIPHER, keyOf(Buffer.from(sealed).readUInt32BE(4), 1), sealed);
  }
}

function keyOf(id: number, direction: number): Uint8Array {
  return new Uint8Array(32).fill(id).fill(direction, 16);
}
