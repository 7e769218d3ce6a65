import { printableColoured, printableLines } from "../../../runtime/plan/values/printable.ts";
import { Log, type LogSettings } from "./log.ts";

/** Output of a command: results go to stdout, everything else to stderr. */
export interface Output {
  readonly hasColour: boolean;
  result(line: string): void;
  /** Prints data for programs as they are; on a terminal, unprintable characters are escaped as in `result`. */
  data(text: string): void;
  /** Prints text for people, possibly several lines: diagnostics and warnings. */
  problem(text: string): void;
}

/** Output of a command that runs until it is stopped. */
export interface LoggedOutput extends Output {
  readonly log: Log;
}

/** Output of this process. The log is text until `configure` is called. */
export class ProcessOutput implements LoggedOutput {
  readonly hasColour: boolean = process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined;
  #settings: LogSettings = { level: "info", format: "text" };
  #log: Log = this.#newLog();

  get log(): Log {
    return this.#log;
  }

  configure(settings: LogSettings): void {
    this.#settings = settings;
    this.#log = this.#newLog();
  }

  result(line: string): void {
    process.stdout.write(`${printableLines(line)}\n`);
  }

  data(text: string): void {
    process.stdout.write(`${process.stdout.isTTY ? printableLines(text) : text}\n`);
  }

  problem(text: string): void {
    if (this.#settings.format === "json") this.#log.error(text);
    else process.stderr.write(`${this.hasColour ? printableColoured(text) : printableLines(text)}\n`);
  }

  #newLog(): Log {
    return new Log(this.#settings, (line) => void process.stderr.write(`${line}\n`));
  }
}

export const processOutput: ProcessOutput = new ProcessOutput();
