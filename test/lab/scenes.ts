import { mosaic } from "../cli/mosaic.ts";

/** Runs a topology of lab/demo in network namespaces. Returns the output if a check does not hold. */
export async function runScene(name: string): Promise<string | undefined> {
  const { code, stdout, stderr } = await mosaic("lab", `lab/demo/${name}.toml`, "--check", "--json");
  return code === 0 ? undefined : `exit code ${code}\n${stdout}\n${stderr}`;
}
