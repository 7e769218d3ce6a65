import { spawnSync } from "node:child_process";
import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
const PARTS: readonly string[] = [
  "grammar",
  "lab",
  "native",
  "packaging",
  "programs",
  "runtime",
  "src",
  "mosaic",
  "package.json",
  "package-lock.json",
];
const COMPILER = "cc -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g";

/** A checkout whose addon is built with sanitizers, and the environment variables that its processes need. */
export interface SanitizedCheckout {
  readonly program: string;
  readonly environment: readonly string[];
}

export function sanitizedCheckout(folder: string): SanitizedCheckout {
  for (const part of PARTS) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: (path) => !path.endsWith("native/build") });
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const env = { ...process.env, CC: COMPILER };
  const { stdout, stderr } = spawnSync("sh", [join(folder, "native/build.sh")], { env, encoding: "utf8" });
  if (stdout !== "") throw new Error(`${stdout}${stderr}`);
  const program = join(folder, "mosaic");
  // Makes the bundle without sanitizers, since a node with sanitizers starts slowly from the sources.
  spawnSync(program, ["--version"]);
  const library = spawnSync("cc", ["-print-file-name=libasan.so"], { encoding: "utf8" }).stdout.trim();
  const options = "detect_leaks=0:abort_on_error=1:handle_segv=1";
  return { program, environment: [`LD_PRELOAD=${library}`, `ASAN_OPTIONS=${options}`] };
}
