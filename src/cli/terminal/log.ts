/** Louder first: a log shows its own level and those before it. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** What programs may want to know of a message without reading it. */
export type LogFields = Readonly<Record<string, string | number>>;

/** How long a repeated message is held back, and how many different ones are kept apart. */
const REPEAT_INTERVAL_MS = 10_000;
const MAX_HELD = 256;

const PREFIXES: Readonly<Record<LogLevel, string>> = { error: "", warn: "warning: ", info: "", debug: "debug: " };

/** What happens to a node, line by line: for people as text, for programs one JSON object a line. */
export class Log {
  readonly #settings: LogSettings;
  readonly #write: (line: string) => void;
  readonly #held = new Map<string, HeldMessage>();

  constructor(settings: LogSettings, write: (line: string) => void) {
    this.#settings = settings;
    this.#write = write;
  }

  get format(): LogFormat {
    return this.#settings.format;
  }

  /** Fields are for the JSON format; the message says the same in words. */
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

  /** A warning that may come in floods: said at once, and then every ten seconds with how often it would have been. */
  rateLimited(message: string, fields: LogFields = {}): void {
    const held = this.#held.get(message);
    if (held !== undefined) held.count++;
    else this.#hold(message, fields);
  }

  /** Says what is still held back. */
  flush(): void {
    for (const message of this.#held.keys()) this.#release(message);
  }

  write(level: LogLevel, message: string, fields: LogFields): void {
    const { level: shown, format } = this.#settings;
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(shown)) return;
    if (format === "text") this.#write(`mosaic: ${PREFIXES[level]}${message}`);
    else this.#write(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));
  }

  #hold(message: string, fields: LogFields): void {
    this.write("warn", message, fields);
    if (this.#held.size >= MAX_HELD) return;
    const timer = setTimeout(() => this.#reportHeld(message), REPEAT_INTERVAL_MS).unref();
    this.#held.set(message, { fields, timer, count: 0 });
  }

  /** Silence ends it; more of the same is said with its count and held for as long again. */
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
    if (held.count > 0) this.write("warn", `${message} (${times})`, { ...held.fields, rateLimited: held.count });
  }
}

interface HeldMessage {
  readonly fields: LogFields;
  readonly timer: NodeJS.Timeout;
  /** How often it came while it was held. */
  count: number;
}
