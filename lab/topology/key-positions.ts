/**
 * Positions of keys in a TOML text, for the errors of `readTopology`. The TOML parser returns values without positions, so the
 * text is scanned a second time, and only if there is an error to report.
 */
/** Path of a value in a document: keys of tables, indexes of array elements. */
export type KeyPath = readonly PropertyKey[];

/** Line and column, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Positions of the keys of a TOML text. The text must be valid TOML. */
export class KeyPositions {
  readonly #text: string;
  readonly #offsets = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
    new TomlScanner(text, (path, offset) => {
      const key = JSON.stringify(path);
      if (!this.#offsets.has(key)) this.#offsets.set(key, offset);
    }).readDocument();
  }

  /** Returns the position of a value's key, or of the nearest enclosing key that the text contains. */
  find(path: KeyPath): Position {
    for (let length = path.length; length > 0; length--) {
      const offset = this.#offsets.get(JSON.stringify(path.slice(0, length)));
      if (offset !== undefined) return this.#position(offset);
    }
    return { line: 1, column: 1 };
  }

  #position(offset: number): Position {
    const before = this.#text.slice(0, offset).split("\n");
    return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
  }
}

/** Scanner of a TOML text. Reports each key and each array element in one pass. */
class TomlScanner {
  readonly #text: string;
  readonly #report: (path: KeyPath, offset: number) => void;
  /** Number of tables so far in each array of tables, by the path of the array. */
  readonly #tables = new Map<string, number>();
  #at = 0;

  constructor(text: string, report: (path: KeyPath, offset: number) => void) {
    this.#text = text;
    this.#report = report;
  }

  readDocument(): void {
    let table: KeyPath = [];
    for (this.#skipBlanks(); this.#at < this.#text.length; this.#skipBlanks()) {
      if (this.#text[this.#at] === "[") table = this.#readHeader();
      else this.#readPair(table);
    }
  }

  /** Reads `[table]` or `[[array of tables]]`. */
  #readHeader(): KeyPath {
    const start = this.#at;
    const isArray = this.#accept("[[") || !this.#accept("[");
    const keys = this.#readKeys();
    this.#accept(isArray ? "]]" : "]");
    const parent = this.#inLastTable(keys.slice(0, -1));
    const path = isArray ? this.#addTable([...parent, ...keys.slice(-1)]) : this.#inLastTable(keys);
    this.#report(path, start);
    return path;
  }

  #addTable(path: KeyPath): KeyPath {
    const key = JSON.stringify(path);
    const number = this.#tables.get(key) ?? 0;
    this.#tables.set(key, number + 1);
    return [...path, number];
  }

  /** Inserts an index after each key that names an array of tables: a header below such an array refers to its last table so far. */
  #inLastTable(keys: KeyPath): KeyPath {
    let path: KeyPath = [];
    for (const key of keys) {
      path = [...path, key];
      const count = this.#tables.get(JSON.stringify(path));
      if (count !== undefined) path = [...path, count - 1];
    }
    return path;
  }

  #readPair(table: KeyPath): void {
    const start = this.#at;
    const path = [...table, ...this.#readKeys()];
    for (let length = table.length + 1; length <= path.length; length++) this.#report(path.slice(0, length), start);
    this.#skipBlanks();
    this.#accept("=");
    this.#skipBlanks();
    this.#readValue(path);
  }

  #readKeys(): KeyPath {
    const keys: string[] = [];
    do {
      this.#skipBlanks();
      keys.push(this.#readKey());
      this.#skipBlanks();
    } while (this.#accept("."));
    return keys;
  }

  #readKey(): string {
    const start = this.#at;
    if (!this.#skipString()) this.#skip(/[^\s.=\]#]+|/y);
    const text = this.#text.slice(start, this.#at);
    if (this.#at === start) this.#at++;
    return /^['"]/.test(text) ? unquote(text) : text;
  }

  #readValue(path: KeyPath): void {
    if (this.#accept("[")) this.#readElements(path);
    else if (this.#accept("{")) this.#readInlineTable(path);
    else if (!this.#skipString()) this.#skip(/[^,\]}#\n]*/y);
  }

  #readElements(path: KeyPath): void {
    for (let index = 0; !this.#acceptEnd("]"); index++) {
      this.#report([...path, index], this.#at);
      this.#readValue([...path, index]);
    }
  }

  #readInlineTable(path: KeyPath): void {
    while (!this.#acceptEnd("}")) this.#readPair(path);
  }

  #acceptEnd(bracket: string): boolean {
    this.#skipBlanks();
    if (this.#accept(",")) this.#skipBlanks();
    return this.#accept(bracket) || this.#at >= this.#text.length;
  }

  #skipString(): boolean {
    return this.#skip(/"""(?:\\[^]|[^\\])*?"""+|'''[^]*?'''+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|/y);
  }

  /** Skips white space, line ends and comments. */
  #skipBlanks(): void {
    this.#skip(/(?:\s|#.*)*/y);
  }

  #accept(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Skips the text that the pattern matches here. Returns false if that is empty. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }
}

function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}
