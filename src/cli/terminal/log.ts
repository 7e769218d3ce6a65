/**
 * The log of a running node, on stderr. `output.ts` creates the log as `--log-level` and `--log-format` say, and `run.ts` hands it to
 * everything that reports.
 */
import { printable, printableLines } from "../../../runtime/plan/values/printable.ts";
import { jsonText } from "./json-text.ts";

/** Levels, the most severe first. A log prints messages of its level and of the levels before it. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** Details of a message as key and value, for programs that read the JSON format. */
export type LogFields = Readonly<Record<string, string | number | object>>;

/** Time between two reports of a repeated message. */
const REPEAT_INTERVAL_MS = 10_000;
/** Maximum number of different messages whose repetitions are counted. Other messages are printed each time. */
const MAX_HELD = 256;

/** Maximum number of characters of a message that the text log prints. */
const LONGEST_MESSAGE = 10_000;

const PREFIXES: Readonly<Record<LogLevel, string>> = { error: "", warn: "warning: ", info: "", debug: "debug: " };

/** Log of a node. Each message is one line of text or one JSON object. */
export class Log {
  readonly #settings: LogSettings;
  readonly #write: (line: string) => void;
  /** Name of the node that every message contains; undefined if the process runs only one node. */
  readonly #node: string | undefined;
  readonly #held = new Map<string, HeldMessage>();

  constructor(settings: LogSettings, write: (line: string) => void, node?: string) {
    this.#settings = settings;
    this.#write = write;
    this.#node = node;
  }

  /** Returns a log whose messages name a node: before the text, and as the field `node` in JSON. */
  named(node: string): Log {
    return new Log(this.#settings, this.#write, node);
  }

  get format(): LogFormat {
    return this.#settings.format;
  }

  /** Logs an error. Only the JSON format prints `fields`, so the message must contain the same details. */
  error(message: string, fields: LogFields = {}): void {
    this.write("error", message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.write("warn", message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.write("info", message, fields);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.write("debug", message, fields);
  }

  /** Logs a warning that may occur very often: prints it once, and then every ten seconds with the number of repetitions. */
  rateLimited(message: string, fields: LogFields = {}): void {
    const held = this.#held.get(message);
    if (held !== undefined) held.count++;
    else this.#hold(message, fields);
  }

  /** Prints all repetitions that were counted and not yet printed. */
  flush(): void {
    for (const message of this.#held.keys()) this.#release(message);
  }

  write(level: LogLevel, message: string, fields: LogFields): void {
    const { level: shown, format } = this.#settings;
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(shown)) return;
    const node = this.#node;
    const source = node === undefined ? "" : `${node}: `;
    if (format === "text") this.#write(`mosaic: ${PREFIXES[level]}${printable(source + message, LONGEST_MESSAGE)}`);
    else this.#write(jsonText({ time: new Date().toISOString(), level, ...(node && { node }), message, ...fields }));
  }

  /** Logs the message of a failed command, which may have several lines. */
  failure(message: string): void {
    if (this.#settings.format === "text") this.#write(`mosaic: ${printableLines(message)}`);
    else this.error(message);
  }

  #hold(message: string, fields: LogFields): void {
    this.write("warn", message, fields);
    if (this.#held.size >= MAX_HELD) return;
    const timer = setTimeout(() => this.#reportHeld(message), REPEAT_INTERVAL_MS).unref();
    this.#held.set(message, { fields, timer, count: 0 });
  }

  /** Prints the number of repetitions and continues to count. Forgets the message if it was not repeated. */
  #reportHeld(message: string): void {
    const held = this.#held.get(message);
    this.#release(message);
    if (held === undefined || held.count === 0) return;
    const timer = setTimeout(() => this.#reportHeld(message), REPEAT_INTERVAL_MS).unref();
    this.#held.set(message, { fields: held.fields, timer, count: 0 });
  }

  #release(message: string): void {
    const held = this.#held.get(message);
    if (held === undefined) return;
    clearTimeout(held.timer);
    this.#held.delete(message);
    const times = held.count === 1 ? "once more" : `${held.count} times more`;
    if (held.count > 0) this.write("warn", `${message} (${times})`, { ...held.fields, repeated: held.count });
  }
}

interface HeldMessage {
  readonly fields: LogFields;
  readonly timer: NodeJS.Timeout;
  /** Number of repetitions since the message was last printed. */
  count: number;
}
