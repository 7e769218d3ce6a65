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

/** Names of metrics in the sources. Parts of the names of peers' counters and of devices' metrics are added at run time. */
function metricNames(): readonly string[] {
  const text = SOURCES.map((path) => readFileSync(join(ROOT, path), "utf8")).join("");
  const names = [...text.matchAll(/"((?:mosaic|process|nodejs)_\w+)"/g)].map(([, name = ""]) => name);
  const peers = [...text.matchAll(/\bcounter\("(\w+)"/g)].map(([, name = ""]) => `mosaic_peer_${name}_total`);
  const ofDevices = [...text.matchAll(/\bdeviceCounter\("(\w+)"|`mosaic_\$\{kind\}_(up)`/g)].map(
    ([, counter, up]) => counter ?? up,
  );
  const devices = ["tun", "tap"].flatMap((kind) => ofDevices.map((name) => `mosaic_${kind}_${name}`));
  return [...names, ...peers, ...devices];
}
