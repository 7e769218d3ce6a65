import { countOf } from "../../../runtime/plan/values/count-of.ts";
import { printableColoured, printableLines } from "../../../runtime/plan/values/printable.ts";
import { BoundedLines } from "./bounded-lines.ts";
import { Log, type LogSettings } from "./log.ts";

/** Output of a command: results go to stdout, everything else to stderr. */
export interface Output {
  readonly hasColour: boolean;
  result(line: string): void;
  /** Prints data that other programs read, unchanged. On a terminal, escapes unprintable characters as `result` does. */
  data(text: string): void;
  /** Prints text for people, possibly several lines: diagnostics and warnings. */
  problem(text: string): void;
}

/** Output of a command that runs until it is stopped. */
export interface LoggedOutput extends Output {
  readonly log: Log;
  /** Bounded queues of lines, by the name of the stream. Empty if the streams are not bounded. */
  readonly queues: ReadonlyMap<string, BoundedLines>;
}

/** Output of this process. The log is text until `configure` is called. */
export class ProcessOutput implements LoggedOutput {
  readonly hasColour: boolean = process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined;
  #settings: LogSettings = { level: "info", format: "text" };
  #log: Log = this.#newLog();
  #queues: ReadonlyMap<string, BoundedLines> = new Map();

  get log(): Log {
    return this.#log;
  }

  get queues(): ReadonlyMap<string, BoundedLines> {
    return this.#queues;
  }

  configure(settings: LogSettings): void {
    this.#settings = settings;
    this.#log = this.#newLog();
  }

  /** Bounds the queues of lines for stdout and stderr, in a command that runs for ever. Lines beyond the bound are dropped. */
  bound(): void {
    const report = (stream: string) => (lines: number) =>
      this.#log.warn(
        `${countOf(lines, "line")} for ${stream} ${lines === 1 ? "was" : "were"} dropped: its reader did not read`,
        { stream, lines },
      );
    this.#queues = new Map([
      ["stdout", new BoundedLines(process.stdout, report("stdout"))],
      ["stderr", new BoundedLines(process.stderr, report("stderr"))],
    ]);
  }

  result(line: string): void {
    this.#write("stdout", `${printableLines(line)}\n`);
  }

  data(text: string): void {
    process.stdout.write(`${process.stdout.isTTY ? printableLines(text) : text}\n`);
  }

  problem(text: string): void {
    if (this.#settings.format === "json") this.#log.error(text);
    else this.#write("stderr", `${this.hasColour ? printableColoured(text) : printableLines(text)}\n`);
  }

  #newLog(): Log {
    return new Log(this.#settings, (line) => this.#write("stderr", `${line}\n`));
  }

  #write(stream: "stdout" | "stderr", text: string): void {
    const queue = this.#queues.get(stream);
    if (queue === undefined) process[stream].write(text);
    else queue.write(text);
  }
}

export const processOutput: ProcessOutput = new ProcessOutput();
