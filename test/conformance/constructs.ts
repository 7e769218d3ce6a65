/**
 * The constructs of docs/language.md by section, with a pattern that finds them in the text of a case. Functions and kinds
 * of values are not listed here; they have registers.
 */
export interface Construct {
  readonly name: string;
  readonly pattern: RegExp;
  /** Whether a case on several nodes must use it. */
  readonly needsNodes: boolean;
}

const NAME = String.raw`[a-z][\w.]*`;
const TERM = String.raw`[^;\n]*`;

function here(name: string, pattern: RegExp | string): Construct {
  return { name, pattern: new RegExp(pattern, "m"), needsNodes: false };
}

function onNodes(name: string, pattern: RegExp | string): Construct {
  return { ...here(name, pattern), needsNodes: true };
}

export const CONSTRUCTS: Readonly<Record<string, readonly Construct[]>> = {
  "Text and names": [
    here("a comment to the end of the line", /^\/\/ /),
    here("%% comment", /^%%/),
    here("/* comment */", /\/\*[^*]+\*\//),
    onNodes("a label with a colon", /^\w+: .*:-/),
    here("a label without a colon", /^\w+ [a-z][\w.]*\(.*:-/),
    here("a rule without a label", /^[a-z][\w.]*\(.*:-/),
    here("a predicate with a dot", /\ba\.b\(/),
    here("a keyword as a name", /\btable\(/),
    onNodes("_", /\b_\b/),
  ],
  Literals: [
    onNodes("an integer", /\b12\b|\(1\b/),
    here("a number in hexadecimal", /\b0x[0-9a-f]+\b(?!I)/),
    here("a decimal fraction", /\b2\.5\b/),
    here("an exponent", /\b1e9\b/),
    ...["us", "ms", "s", "min", "h"].map((unit) => here(`a number of ${unit}`, String.raw`\b\d+${unit}\b`)),
    ...["bit", "kbit", "mbit", "gbit"].map((unit) => here(`a rate in ${unit}`, String.raw`\b\d+${unit}\b`)),
    onNodes("infinity", /(\]|"), infinity[,)]/),
    onNodes("an id", /\b0x[0-9a-f]+I\b/),
    here("a decimal id", /\b\d+I\b/),
    onNodes("a string", /"[^"]*"/),
    here("an escape", /\\t.*\\".*\\\\.*\\n.*\\x41/),
    onNodes("bytes", /\bb"[0-9a-f]+"/),
    onNodes("true, false", /\b(true|false)\b/),
    onNodes("null", /\bnull\b/),
    onNodes("a list", /\[[^\]]*, [^\]]*\]/),
    onNodes("an address", /\b\w+::"/),
    here("an address of an id", /\b\w+::0x\w+I/),
    here("an address in brackets", /\b\w+::\(\w+::/),
    onNodes("an address of a list", /\bsr::\[/),
    here("an address with an option", /\b\w+::\("[^"]+", \d+ms\)/),
    here("sr:[..]", /\bsr:\[/),
    onNodes("an address of a variable", /\b\w+::[A-Z]\w*\b/),
    here("a word as a string", /\("word", word\)/),
  ],
  Packets: [
    onNodes("a packet in an expression", /pay\(N, "x"\)/),
    here("a packet as a pattern", /pay\(\w+, .*\) <- P/),
    here("a pattern in an argument", /pair\(\[A, _\]\)/),
    here("a pattern in a negation", /!kept\(_, pay\(/),
    onNodes("packet@", /packet@To\(P\)/),
  ],
  "Tables and events": [
    onNodes("materialize", /^ *materialize\(/),
    here("keys()", /keys\(\)/),
    onNodes("a lifetime", /^ *materialize\([\w.]+, [\d.]+\w*,/),
    onNodes("a size", /^ *materialize\([\w.]+, \w+, \d+,/),
    here("evict fifo", /evict fifo/),
    onNodes("evict max", /evict max\(\d\)/),
    here("evict min", /evict min\(\d\)/),
    onNodes("a fact", /^[a-z][\w.]*\([^:]*\)\.$/),
    onNodes("delete", /^(\w+: )?delete .*:-/),
    here("a signature", /^[a-z][\w.]*\((addr|number)(, (addr|number))*\)\.$/),
    onNodes("accept", /^accept /),
    here("watch", /^watch\(/),
    here("watchmod", /^watchmod\(/),
  ],
  "When a rule runs": [
    onNodes("periodic with an interval", /periodic\(\w+, [\d.]+\w*\)/),
    onNodes("periodic with a count", /periodic\(\w+, [\d.]+, \d+\)/),
    here("periodic with a delay", /periodic\(\w+, [\d.]+, \d+, [\d.]+\)/),
    here("periodic with jitter", /periodic\(\w+, [\d.]+, \d+, [\d.]+, [\d.]+\)/),
    here("steps at the start", /periodic\(\w+, 0, \d+\)/),
    here("shutdown", /:- shutdown\(\)/),
    onNodes("an inserted row", /_DELTA_INSERT\(/),
    onNodes("a deleted row", /_DELTA_DELETE\(/),
  ],
  Bodies: [
    onNodes("a negation", /[ ,]!\w+(\.\w+)?[@(]/),
    here("notin", /\bnotin \w+/),
    onNodes(":=", /:= /),
    here("<- a variable", /[A-Z]\w* <- /),
    here("<- a pattern", /\[[^\]]*\] <- /),
    ...[
      "?",
      "||",
      "&&",
      "|",
      "^",
      "&",
      "==",
      "!=",
      "<>",
      "<",
      "<=",
      ">",
      ">=",
      "<<",
      ">>",
      "+",
      "-",
      "*",
      "/",
      "%",
    ].map((operator) => here(operator, `${TERM}[\\w)] ${operator.replace(/[^\w]/g, String.raw`\$&`)} [\\w(!"-]`)),
    here("unary -", /[[(,] ?-[A-Z]/),
    here("unary !", /!\([A-Z]/),
    here("unary ~", /~[A-Z]/),
    here("in (,)", /\bin \([^)\]]*\)/),
    here("in (,]", /\bin \([^)\]]*\]/),
    here("in [,)", /\bin \[[^)\]]*\)/),
    here("in [,]", /\bin \[[^)\]]*\]/),
    here("+ of strings", /" \+ "/),
    here("+ of lists", /\] \+ \[/),
  ],
  Aggregates: [
    ...["min<", "max<", "sum<", "list<"].map((name) => onNodes(`${name}X>`, name)),
    ...["countDistinct<", "avg<", "set<"].map((name) => here(`${name}X>`, name)),
    onNodes("count<*>", /count<\*>/),
    here("count<X>", /count<[A-Z]/),
    here("several in a head", /min<\w+>, max<\w+>/),
    here("the winning row", /best\(K, I, max<V>\)/),
    onNodes("the location of the winner", /\(@min<\w+>/),
  ],
  Locations: [
    onNodes("@ a variable", /\w@[A-Z]\w*\(/),
    onNodes("@ a literal", /\w@"[^"]+"\(/),
    onNodes("@ an address of an overlay", /\w@\w+::/),
    onNodes("@ in an argument", /\w\(@[A-Z]/),
    onNodes("localAddr", /localAddr\([A-Z]/),
    onNodes("a body over several locations", /:-.*\(@[A-Z]\w*.*\(@[A-Z]/),
    onNodes("a row that a rule defines on another node", /theirs@"b:1"/),
  ],
  Overlays: [
    onNodes("overlay", /^overlay \w+\./),
    onNodes("import", /^import "/),
    onNodes("import .. as", /^import "[^"]+" as /),
    onNodes("send", /\bsend\(/),
    onNodes("recv", /\brecv\(/),
    onNodes("tun", /\btun\(/),
  ],
  Views: [
    onNodes("def", /^def \w+\(/),
    onNodes("def at a location", /^def \w+@\w+\(/),
    onNodes("a timeout of the view", /^def .*\) timeout\(/),
    here("a timeout of the call", /&\w+\) timeout\(/),
    here("many", /^def .* many /),
    here("this.done", /this\.done\(\)/),
    onNodes("this.init", /this\.init\(/),
    onNodes("this.return", /this\.return\(/),
    onNodes("this.fail", /this\.fail\(/),
    onNodes("v!fail", /\w!fail\(/),
    onNodes("a table of an invocation", /materialize\(this\./),
    onNodes("a local call", String.raw`:-.*[ ]${NAME}\([^)]*&`),
    onNodes("a call on another node", /\w@[A-Z]\w*\([^)]*&/),
    onNodes("&_", /&_/),
    onNodes("calls in sequence", /&\w+\).*&\w+\)/),
    onNodes("a view that calls itself", /def (\w+)[^}]*:-[^}]*\b\1(@\w+)?\([^)]*&/),
  ],
  Macros: [
    ...["define", "undef", "include", "ifdef", "ifndef", "if", "elif", "else", "endif", "error"].map((name) =>
      here(`#${name}`, `^#${name}\\b`),
    ),
    here("a continued line", /\\$/),
  ],
  OverLog: [
    here("#pragma dialect", /^#pragma dialect overlog/),
    here("#pragma dialect overlog-flat", /^#pragma dialect overlog-flat/),
    here("a repeated location", /\w@([A-Z]\w*)\(\1,/),
    here("periodic with a location", /periodic\(@[A-Z]/),
    here("X := X + 1", /([A-Z]\w*) := \1 /),
    here("stage", /^stage\(/),
    here("a_MIN and similar", /\ba_(MIN|COUNT|MAX)</),
    here("MKLIST and similar", /\b(MKLIST|MKSET|UNION)</),
    here("typed keys", /keys\(\d+:\w+/),
    here("materialise", /^materialise\(/),
    here("a function with a location", /f_now@/),
  ],
};
