import { once } from "node:events";
import { createWriteStream, existsSync, openSync, statSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import type { CaptureSink } from "../../../runtime/observe/capture.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";
import { fileErrorReason } from "../terminal/file-error.ts";

/** Maximum number of bytes that wait for a slow disk or reader. Further packets are left out of the capture. */
const MAX_QUEUED_BYTES = 8 << 20;

/** Capture file of `mosaic run --pcap`, or stdout. Writing never blocks the node. */
export class CaptureFile implements CaptureSink {
  readonly limit: number = MAX_QUEUED_BYTES;
  readonly #stream: Writable;
  readonly #log: Log;
  /** Path of the capture if it is a regular file. When the capture fails, the file is cut after the last complete block. */
  readonly #path: string | undefined;
  /** Total length of the blocks that were written completely, in bytes. */
  #written = 0;
  #failure: string | undefined;

  /** The path `-` is stdout. Throws `Failure` when the file cannot be created. */
  constructor(path: string, log: Log) {
    this.#log = log;
    this.#stream = path === "-" ? process.stdout : createWriteStream(path, { fd: openFile(path) });
    this.#path = path !== "-" && statSync(path).isFile() ? path : undefined;
    this.#stream.on("error", (error) => this.#fail(error));
  }

  get length(): number {
    return this.#stream.writableLength;
  }

  /** Reason for which the capture ended early; undefined while it works. */
  get failure(): string | undefined {
    return this.#failure;
  }

  write(bytes: Uint8Array, onLost: () => void): boolean {
    if (this.#failure !== undefined || this.length + bytes.length > this.limit) return false;
    this.#stream.write(bytes, (error) => {
      if (error instanceof Error) onLost();
      else this.#written += bytes.length;
    });
    return true;
  }

  /** Resolves when all accepted bytes are written, or lost. */
  async close(): Promise<void> {
    if (this.#failure !== undefined) return;
    if (this.#stream === process.stdout) await this.#drained();
    else await this.#ended();
  }

  async #drained(): Promise<void> {
    if (this.#stream.writableLength > 0) await once(this.#stream, "drain").catch(() => undefined);
  }

  #ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#stream.once("close", resolve);
      this.#stream.end();
    });
  }

  /** Ends the capture after a write error, such as a full disk. The node runs on. */
  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = fileErrorReason(error);
    this.#log.error(`--pcap: ${this.#failure}; the capture ends here`);
    this.#cut();
  }

  /** Removes a partly written block from the end of the file, so that readers find a valid file. */
  #cut(): void {
    try {
      if (this.#path !== undefined) truncateSync(this.#path, this.#written);
    } catch {
      // The file stays as it is: readers report a packet that was cut short.
    }
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error: unknown) {
    const reason = existsSync(dirname(path)) ? fileErrorReason(error) : "there is no such folder";
    throw runFailed(`--pcap: cannot write ${path}: ${reason}`);
  }
}
