import { fileURLToPath } from "node:url";

/** The path of a file that ships with Mosaic, as `lab/demo/ron.toml`. */
export function checkoutFile(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
