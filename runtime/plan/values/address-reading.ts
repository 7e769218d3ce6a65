import type { Address } from "./address.ts";

/** Result of reading the text of an address that a user enters. */
export type AddressReading =
  /** The address is canonical. */
  | { readonly ok: true; readonly address: string | Address }
  /** `message` is a whole sentence about the text. */
  | { readonly ok: false; readonly message: string };
