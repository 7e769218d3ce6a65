import type { CommandSpec } from "../options/command-spec.ts";

/** What `mosaic key` does, and what `--help` says of it. */
const ACTIONS = {
  new: "write a new secret key to a file that does not exist yet, and print its public key",
  show: "print the public key of the secret key in a file",
} as const;

type KeyAction = keyof typeof ACTIONS;

interface KeyInput {
  readonly action: KeyAction;
  readonly file: string;
}

export const command: CommandSpec<KeyInput> = {
  name: "key",
  arguments: [
    {
      syntax: "<action>",
      description: Object.entries(ACTIONS)
        .map(([name, text]) => `${name}: ${text}`)
        .join("; "),
      choices: Object.keys(ACTIONS),
    },
    { syntax: "<file>", description: "file with the secret key of a node: one line, as `wg genkey` writes it" },
  ],
  options: [],
  run: async ({ action, file }, { output }) => {
    const { formatKey } = await import("../../../runtime/link/key-text.ts");
    const { newKeyFile } = await import("../files/new-key-file.ts");
    const { readKeyFile } = await import("../options/key-file.ts");
    const { publicKey } = action === "new" ? newKeyFile(file) : readKeyFile("key", file);
    output.result(formatKey(publicKey));
  },
};
