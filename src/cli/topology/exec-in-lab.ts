import { enterHost, runningHosts } from "../../../lab/kernel/enter-host.ts";
import { nearest } from "../../program/nearest.ts";
import { checkoutFile } from "../files/checkout.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";

/**
 * `mosaic lab exec HOST [COMMAND...]`: runs a command, by default a shell, on a host of a running lab. If several labs have a host of this
 * name, the lab that was started last is chosen. The exit code of the process is the exit code of the command.
 */
export async function execInLab(host: string | undefined, command: readonly string[]): Promise<void> {
  if (host === undefined) throw wrongUsage("lab exec", "a host is missing, as in `mosaic lab exec a ip address`");
  const hosts = runningHosts();
  const found = hosts.findLast(({ name }) => name === host);
  if (found === undefined) throw runFailed(explain(host, [...new Set(hosts.map(({ name }) => name))]));
  const shell = process.env["SHELL"] ?? "/bin/sh";
  const words = command.length === 0 ? [shell] : command.length === 1 ? ["sh", "-c", command[0] ?? ""] : command;
  const ended = await enterHost(found, words, checkoutFile("mosaic"));
  if (typeof ended === "string") throw runFailed(`the command was ended by ${ended}`);
  process.exitCode = ended;
}

function explain(host: string, known: readonly string[]): string {
  if (known.length === 0)
    return "no lab of this user runs on this machine; `mosaic lab FILE --stay` runs one until Ctrl-C";
  const similar = nearest(host, known);
  return `no running lab has a host \`${host}\`${similar === undefined ? `; there are ${known.join(", ")}` : `; did you mean ${similar}?`}`;
}
