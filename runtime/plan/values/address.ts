import { formatValue } from "./format.ts";
import { holdsPacket } from "./holds-packet.ts";
import { keyOfValues } from "./key.ts";
import type { Value } from "./value.ts";

/**
 * Address of a node in an overlay: `ron::"10.0.0.2:10000"`, `i3::0x12I`, `sr::[a, b]`, `overqos::(ip, 0.02)`. Addresses of the IP
 * network are plain strings.
 */
export class Address {
  readonly overlay: string;
  /** String, id, list (a source route) or another address. */
  readonly node: Value;
  readonly options: readonly Value[];
  #text: string | undefined;
  #key: string | undefined;

  constructor(overlay: string, node: Value, options: readonly Value[] = []) {
    this.overlay = overlay;
    this.node = node;
    this.options = options;
  }

  /** The address as a program writes it. */
  get text(): string {
    this.#text ??= this.#format();
    return this.#text;
  }

  /**
   * Key by which addresses are compared: the text. If the address holds packets, their keys take the place of their texts, because the text
   * of a packet depends on whether it is decoded.
   */
  get key(): string {
    this.#key ??= holdsPacket(this) ? `${this.overlay}::\0${keyOfValues([this.node, ...this.options])}` : this.text;
    return this.#key;
  }

  #format(): string {
    if (this.options.length === 0) return `${this.overlay}::${formatValue(this.node)}`;
    return `${this.overlay}::(${[this.node, ...this.options].map(formatValue).join(", ")})`;
  }
}
