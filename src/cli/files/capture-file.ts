import { createWriteStream, existsSync, openSync } from "node:fs";
import { once } from "node:events";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import type { CaptureSink } from "../../../runtime/observe/capture.ts";
import { runFailed } from "../terminal/failure.ts";
import { fileErrorReason } from "./file-error.ts";
import type { Log } from "../terminal/log.ts";

/** What may wait for a slow disk or reader; then packets are left out. */
const MAX_QUEUED_BYTES = 8 << 20;

/** A file, or stdout, that takes a capture without ever holding up the node. */
export class CaptureFile implements CaptureSink {
  readonly limit: number = MAX_QUEUED_BYTES;
  readonly #stream: Writable;
  readonly #log: Log;
  #isBroken = false;

  /** `-` is stdout. Fails when the file cannot be made. */
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

  /** Resolves when everything that was taken is written. */
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

  /** A full disk ends the capture, not the node. */
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
