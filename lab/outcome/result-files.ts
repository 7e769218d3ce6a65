import { createWriteStream, type WriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { Inspection } from "./inspection.ts";
import type { Observation } from "./observation.ts";

/** Returns the JSON of an object, in the form of all JSON outputs of the command line. */
type JsonFormat = (fields: object, layout: "line" | "indented") => string;

/**
 * Result folder of a run: log lines of each host in HOST.log, watched tuples in HOST.watch.jsonl, traces in HOST.trace.jsonl, last
 * metrics and rows of each life in HOST.metrics.jsonl and HOST.tables.jsonl, output of commands in HOST.commands.log, the summary in
 * results.json. All times are in seconds since all nodes run. Files of an earlier run are overwritten.
 */
export class ResultFiles {
  readonly folder: string;
  readonly #toJson: JsonFormat;
  readonly #files = new Map<string, WriteStream>();
  #failure: string | undefined;

  /** The folder must exist. */
  constructor(folder: string, toJson: JsonFormat) {
    this.folder = folder;
    this.#toJson = toJson;
  }

  /** Message of the first write error. Undefined if there was none. */
  get failure(): string | undefined {
    return this.#failure;
  }

  add(observation: Observation): void {
    const { at } = observation;
    switch (observation.kind) {
      case "log": {
        const level = observation.isWarning === true ? "warning: " : "";
        return this.#write(`${observation.host}.log`, `${at.toFixed(3)} ${level}${observation.text}`);
      }
      case "command":
        return this.#write(
          `${observation.host}.commands.log`,
          `${at.toFixed(3)} ${observation.run}: ${observation.text}`,
        );
      case "ended":
        return this.#write(
          `${observation.host}.commands.log`,
          `${at.toFixed(3)} ${observation.run}: exit code ${observation.code ?? "unknown"}`,
        );
      case "exited":
        return this.#write(`${observation.host}.log`, `${at.toFixed(3)} exited unexpectedly: ${observation.how}`);
      case "watch":
      case "trace": {
        const { kind, host, start, line } = observation;
        return this.#write(`${host}.${kind}.jsonl`, this.#toJson({ at, start, ...line }, "line"));
      }
      case "inspected":
        return this.#addInspection(observation.host, at, observation.inspection);
      default:
    }
  }

  #addInspection(host: string, at: number, { start, metrics, problems, rows }: Inspection): void {
    this.#write(`${host}.metrics.jsonl`, this.#toJson({ at, start, problems, ...metrics }, "line"));
    for (const tuple of rows) this.#write(`${host}.tables.jsonl`, this.#toJson({ at, start, tuple }, "line"));
  }

  /** Writes the summary and more tables by file name, and closes all files. Settles when every file is written or has failed. */
  async finish(results: object, tables: ReadonlyMap<string, string> = new Map()): Promise<void> {
    for (const file of this.#files.values()) file.end();
    await Promise.allSettled([...this.#files.values()].map((file) => finished(file)));
    try {
      for (const [name, text] of tables) writeFileSync(join(this.folder, name), text);
      writeFileSync(join(this.folder, "results.json"), `${this.#toJson(results, "indented")}\n`);
    } catch (error) {
      this.#fail(error);
    }
  }

  #write(name: string, line: string): void {
    let file = this.#files.get(name);
    if (file === undefined) {
      file = createWriteStream(join(this.folder, name)).on("error", (error) => this.#fail(error));
      this.#files.set(name, file);
    }
    if (!file.errored) file.write(`${line}\n`);
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error.message : String(error);
  }
}
