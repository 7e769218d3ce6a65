import type { Value } from "./value.ts";
import { formatValue } from "./format.ts";

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

  constructor(overlay: string, node: Value, options: readonly Value[] = []) {
    this.overlay = overlay;
    this.node = node;
    this.options = options;
  }

  /** The address as a program writes it. Addresses have the equality, order and key of this text. */
  get text(): string {
    this.#text ??= this.#format();
    return this.#text;
  }

  #format(): string {
    if (this.options.length === 0) return `${this.overlay}::${formatValue(this.node)}`;
    return `${this.overlay}::(${[this.node, ...this.options].map(formatValue).join(", ")})`;
  }
}
