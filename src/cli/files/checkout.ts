import { fileURLToPath } from "node:url";

/** Returns the absolute path of a file of this checkout, such as `lab/demo/ron.toml`. */
export function checkoutFile(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
