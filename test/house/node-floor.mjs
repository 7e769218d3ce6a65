// Exits with one clear message if Node is older than package.json requires. It uses only old JavaScript, so that the Node it
// rejects can run it.
import { readFileSync } from "node:fs";

const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const floor = numbers(engines.node);
const here = numbers(process.versions.node);

if (here[0] < floor[0] || (here[0] === floor[0] && here[1] < floor[1])) {
  console.error(
    `Mosaic needs Node ${engines.node}; this is ${process.version}. On Linux x64 and arm64 \`npm ci\` brings one.`,
  );
  process.exit(1);
}

function numbers(version) {
  return version
    .replace(/^[^0-9]*/, "")
    .split(".")
    .map(Number);
}
