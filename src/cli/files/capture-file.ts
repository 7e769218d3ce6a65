import { once } from "node:events";
import { createWriteStream, existsSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import type { CaptureSink } from "../../../runtime/observe/capture.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Log } from "../terminal/log.ts";
import { fileErrorReason } from "./file-error.ts";

/** Number of bytes that may wait for a slow disk or reader. Beyond it, packets are dropped from the capture. */
const MAX_QUEUED_BYTES = 8 << 20;

/** Capture file of `mosaic run --pcap`, or stdout. Writing never blocks the node. */
export class CaptureFile implements CaptureSink {
  readonly limit: number = MAX_QUEUED_BYTES;
  readonly #stream: Writable;
  readonly #log: Log;
  #isBroken = false;

  /** The path `-` is stdout. Throws `Failure` when the file cannot be created. */
  constructor(path: string, log: Log) {
    this.#log = log;
    this.#stream = path === "-" ? process.stdout : createWriteStream(path, { fd: openFile(path) });
    this.#stream.on("error", (error) => this.#break(error));
  }

  get length(): number {
    return this.#stream.writableLength;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isBroken || this.length + bytes.length > this.limit) return false;
    this.#stream.write(bytes);
    return true;
  }

  /** Resolves when all accepted bytes are written. */
  async close(): Promise<void> {
    if (this.#isBroken) return;
    if (this.#stream === process.stdout) await this.#drained();
    else await this.#ended();
  }

  async #drained(): Promise<void> {
    if (this.#stream.writableLength > 0) await once(this.#stream, "drain");
  }

  #ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#stream.once("close", resolve);
      this.#stream.end();
    });
  }

  /** Ends the capture after a write error, such as a full disk. The node runs on. */
  #break(error: Error): void {
    if (!this.#isBroken) this.#log.error(`--pcap: ${error.message}; the capture ends here`);
    this.#isBroken = true;
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
