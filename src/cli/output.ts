/** Where a command speaks: results to stdout, everything else to stderr. */
export interface Output {
  readonly hasColour: boolean;
  result(line: string): void;
  problem(text: string): void;
}

export const processOutput: Output = {
  hasColour: process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined,
  result: (line) => void process.stdout.write(`${line}\n`),
  problem: (text) => void process.stderr.write(`${text}\n`),
};
