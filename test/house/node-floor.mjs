// Stops with one clear line where Node is older than package.json asks for. Plain JavaScript, and old JavaScript:
// it must be understood by the Node it turns away.
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
