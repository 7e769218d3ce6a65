import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../../lab/outcome/make-folder.ts";
import { Capture, captured, type CaptureSink } from "../../../runtime/observe/capture.ts";
import type { World } from "../../../runtime/world/world.ts";
import { fileErrorReason } from "../terminal/file-error.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";

/** Number of bytes that are buffered before a write. */
const BUFFER_BYTES = 256 << 10;

/** Captures of simulated hosts, one file per host. The simulation waits for each write, so no packet is missing. */
export class HostCaptures {
  readonly #folder: string;
  /** Option that gave the folder, for messages: `--pcap` or `--out`. */
  readonly #option: string;
  readonly #files = new Map<string, BlockingFile>();
  readonly #captures = new Map<string, Capture>();

  constructor(folder: string, option: string) {
    this.#folder = folder;
    this.#option = option;
    const problem = makeFolder(folder);
    if (problem !== undefined) throw wrongUsage(option, problem);
  }

  /** Wraps the world of a host, so that its packets are captured. A restarted host continues its file. The virtual time begins in 1970. */
  wrap(host: string, world: World): World {
    const known = this.#captures.get(host);
    return captured(world, known ?? this.#begin(host, world));
  }

  close(): void {
    for (const file of this.#files.values()) attempt(this.#option, () => file.close());
  }

  #begin(host: string, { clock, datagrams, devices }: World): Capture {
    const path = join(this.#folder, `${host}.pcapng`);
    const file = attempt(this.#option, () => new BlockingFile(path, this.#option));
    const capture = new Capture(file, () => clock.now(), datagrams.address, devices);
    this.#files.set(host, file);
    this.#captures.set(host, capture);
    return capture;
  }
}

/** A file that is written synchronously, so that it accepts all bytes. */
class BlockingFile implements CaptureSink {
  readonly limit = BUFFER_BYTES;
  readonly #descriptor: number;
  readonly #option: string;
  #buffers: Uint8Array[] = [];
  #length = 0;

  constructor(path: string, option: string) {
    this.#option = option;
    this.#descriptor = openSync(path, "w");
  }

  get length(): number {
    return this.#length;
  }

  write(bytes: Uint8Array): boolean {
    this.#buffers.push(bytes);
    this.#length += bytes.length;
    if (this.#length > this.limit) attempt(this.#option, () => this.#flush());
    return true;
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#buffers);
    this.#buffers = [];
    this.#length = 0;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  }
}

function attempt<T>(option: string, work: () => T): T {
  try {
    return work();
  } catch (error: unknown) {
    throw runFailed(`${option}: ${fileErrorReason(error)}`);
  }
}
