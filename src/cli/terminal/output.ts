import { Log, type LogSettings } from "./log.ts";

/** Where a command speaks: results to stdout, everything else to stderr. */
export interface Output {
  readonly hasColour: boolean;
  result(line: string): void;
  /** Text for people, of several lines perhaps: diagnostics. */
  problem(text: string): void;
}

/** That of a command that runs for long. */
export interface LoggedOutput extends Output {
  readonly log: Log;
}

/** The output of this process. The log speaks as text until the command line asks for something else. */
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
    process.stdout.write(`${line}\n`);
  }

  problem(text: string): void {
    if (this.#settings.format === "json") this.#log.error(text);
    else process.stderr.write(`${text}\n`);
  }

  #newLog(): Log {
    return new Log(this.#settings, (line) => void process.stderr.write(`${line}\n`));
  }
}

export const processOutput: ProcessOutput = new ProcessOutput();
