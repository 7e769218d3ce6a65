/** The way to a value in a document: keys of tables, numbers of array elements. */
export type KeyPath = readonly PropertyKey[];

/** Counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where the keys of a TOML text stand. The text is one that a TOML parser accepts. */
export class KeyPositions {
  readonly #text: string;
  readonly #offsets = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
    new Scan(text, (path, offset) => {
      const key = JSON.stringify(path);
      if (!this.#offsets.has(key)) this.#offsets.set(key, offset);
    }).document();
  }

  /** The position of a value's key, or that of the nearest one around it which is written down. */
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

/** One pass over a text, which tells of each key and each array element as it comes by. */
class Scan {
  readonly #text: string;
  readonly #found: (path: KeyPath, offset: number) => void;
  /** How many tables the arrays of tables have so far. */
  readonly #tables = new Map<string, number>();
  #at = 0;

  constructor(text: string, found: (path: KeyPath, offset: number) => void) {
    this.#text = text;
    this.#found = found;
  }

  document(): void {
    let table: KeyPath = [];
    for (this.#blanks(); this.#at < this.#text.length; this.#blanks()) {
      if (this.#text[this.#at] === "[") table = this.#header();
      else this.#pair(table);
    }
  }

  /** `[table]` or `[[array of tables]]`. */
  #header(): KeyPath {
    const start = this.#at;
    const isArray = this.#take("[[") || !this.#take("[");
    const keys = this.#keys();
    this.#take(isArray ? "]]" : "]");
    const around = this.#inLastTable(keys.slice(0, -1));
    const path = isArray ? this.#newTable([...around, ...keys.slice(-1)]) : this.#inLastTable(keys);
    this.#found(path, start);
    return path;
  }

  #newTable(path: KeyPath): KeyPath {
    const key = JSON.stringify(path);
    const number = this.#tables.get(key) ?? 0;
    this.#tables.set(key, number + 1);
    return [...path, number];
  }

  /** A header that goes through an array of tables means its last one. */
  #inLastTable(keys: KeyPath): KeyPath {
    let path: KeyPath = [];
    for (const key of keys) {
      path = [...path, key];
      const count = this.#tables.get(JSON.stringify(path));
      if (count !== undefined) path = [...path, count - 1];
    }
    return path;
  }

  #pair(table: KeyPath): void {
    const start = this.#at;
    const path = [...table, ...this.#keys()];
    for (let length = table.length + 1; length <= path.length; length++) this.#found(path.slice(0, length), start);
    this.#blanks();
    this.#take("=");
    this.#blanks();
    this.#value(path);
  }

  #keys(): KeyPath {
    const keys: string[] = [];
    do {
      this.#blanks();
      keys.push(this.#key());
      this.#blanks();
    } while (this.#take("."));
    return keys;
  }

  #key(): string {
    const start = this.#at;
    if (!this.#string()) this.#pass(/[^\s.=\]#]+|/y);
    const text = this.#text.slice(start, this.#at);
    if (this.#at === start) this.#at++;
    return /^['"]/.test(text) ? unquote(text) : text;
  }

  #value(path: KeyPath): void {
    if (this.#take("[")) this.#elements(path);
    else if (this.#take("{")) this.#inlineTable(path);
    else if (!this.#string()) this.#pass(/[^,\]}#\n]*/y);
  }

  #elements(path: KeyPath): void {
    for (let index = 0; !this.#ends("]"); index++) {
      this.#found([...path, index], this.#at);
      this.#value([...path, index]);
    }
  }

  #inlineTable(path: KeyPath): void {
    while (!this.#ends("}")) this.#pair(path);
  }

  #ends(bracket: string): boolean {
    this.#blanks();
    if (this.#take(",")) this.#blanks();
    return this.#take(bracket) || this.#at >= this.#text.length;
  }

  #string(): boolean {
    return this.#pass(/"""(?:\\[^]|[^\\])*?"""+|'''[^]*?'''+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|/y);
  }

  /** White space, line ends and comments. */
  #blanks(): void {
    this.#pass(/(?:\s|#.*)*/y);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Goes past what the pattern matches here; false when that is nothing. */
  #pass(pattern: RegExp): boolean {
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
