import { printableJson } from "../../../runtime/plan/values/printable.ts";

/** Version of all JSON outputs (docs/json.md). Raised when a field changes its meaning or is removed, not when a field is added. */
const JSON_VERSION = 1;

/** Returns an object of a JSON output on one line, or indented for a file that people read. The version is its first key. */
export function jsonText(fields: object, layout: "line" | "indented" = "line"): string {
  return printableJson(
    JSON.stringify({ version: JSON_VERSION, ...fields }, undefined, layout === "line" ? undefined : 2),
  );
}
