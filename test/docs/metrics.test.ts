import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../house/tree.ts";

const SOURCES = ["runtime/observe/metrics.ts", "src/cli/run/process-metrics.ts"];

test("docs/operations.md lists every metric, and no others", () => {
  const page = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
  const table = page.slice(page.indexOf("| metrics |"), page.indexOf("### Cost of metrics"));
  const listed = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names = ""]) =>
    names.replaceAll("`", "").split(", "),
  );
  expect(listed.toSorted()).toEqual(metricNames().toSorted());
});

/** Names of metrics in the sources. The names of the counters of peers are built from their middle parts. */
function metricNames(): readonly string[] {
  const text = SOURCES.map((path) => readFileSync(join(ROOT, path), "utf8")).join("");
  const names = [...text.matchAll(/"((?:mosaic|process|nodejs)_\w+)"/g)].map(([, name = ""]) => name);
  const peers = [...text.matchAll(/\bcounter\("(\w+)"/g)].map(([, name = ""]) => `mosaic_peer_${name}_total`);
  return [...names, ...peers];
}
