/**
 * The constructs of docs/language.md, section by section, and how a text case shows that it uses one. The functions and
 * the kinds of values are not here: they are in registers of their own.
 */
export interface Construct {
  readonly what: string;
  readonly shows: RegExp;
  /** Whether there is something to say of it on several nodes too. */
  readonly travels: boolean;
}

const NAME = String.raw`[a-z][\w.]*`;
const TERM = String.raw`[^;\n]*`;

function here(what: string, shows: RegExp | string): Construct {
  return { what, shows: new RegExp(shows, "m"), travels: false };
}

function anywhere(what: string, shows: RegExp | string): Construct {
  return { ...here(what, shows), travels: true };
}

export const CONSTRUCTS: Readonly<Record<string, readonly Construct[]>> = {
  "Text and names": [
    here("a comment to the end of the line", /^\/\/ /),
    here("%% comment", /^%%/),
    here("/* comment */", /\/\*[^*]+\*\//),
    anywhere("a label with a colon", /^\w+: .*:-/),
    here("a label without a colon", /^\w+ [a-z][\w.]*\(.*:-/),
    here("a rule without a label", /^[a-z][\w.]*\(.*:-/),
    here("a predicate with a dot", /\ba\.b\(/),
    here("a word that is a name all the same", /\btable\(/),
    anywhere("_", /\b_\b/),
  ],
  Literals: [
    anywhere("a whole number", /\b12\b|\(1\b/),
    here("a number in hexadecimal", /\b0x[0-9a-f]+\b(?!I)/),
    here("a fraction", /\b2\.5\b/),
    here("an exponent", /\b1e9\b/),
    ...["us", "ms", "s", "min", "h"].map((unit) => here(`a number of ${unit}`, String.raw`\b\d+${unit}\b`)),
    ...["bit", "kbit", "mbit", "gbit"].map((unit) => here(`a rate in ${unit}`, String.raw`\b\d+${unit}\b`)),
    anywhere("infinity", /(\]|"), infinity[,)]/),
    anywhere("an id", /\b0x[0-9a-f]+I\b/),
    here("an id in tens", /\b\d+I\b/),
    anywhere("a string", /"[^"]*"/),
    here("an escape", /\\t.*\\".*\\\\.*\\n.*\\x41/),
    anywhere("bytes", /\bb"[0-9a-f]+"/),
    anywhere("true, false", /\b(true|false)\b/),
    anywhere("null", /\bnull\b/),
    anywhere("a list", /\[[^\]]*, [^\]]*\]/),
    anywhere("an address", /\b\w+::"/),
    here("an address of an id", /\b\w+::0x\w+I/),
    here("an address in brackets", /\b\w+::\(\w+::/),
    anywhere("an address of a list", /\bsr::\[/),
    here("an address with an option", /\b\w+::\("[^"]+", \d+ms\)/),
    here("sr:[..]", /\bsr:\[/),
    anywhere("an address of a variable", /\b\w+::[A-Z]\w*\b/),
    here("a word as a string", /\("word", word\)/),
  ],
  "Tables and events": [
    anywhere("materialize", /^ *materialize\(/),
    here("keys()", /keys\(\)/),
    anywhere("a lifetime", /^ *materialize\([\w.]+, [\d.]+\w*,/),
    anywhere("a size", /^ *materialize\([\w.]+, \w+, \d+,/),
    here("evict fifo", /evict fifo/),
    anywhere("evict max", /evict max\(\d\)/),
    here("evict min", /evict min\(\d\)/),
    anywhere("a fact", /^[a-z][\w.]*\([^:]*\)\.$/),
    anywhere("delete", /^(\w+: )?delete .*:-/),
    here("a signature", /^[a-z][\w.]*\((addr|number)(, (addr|number))*\)\.$/),
    anywhere("accept", /^accept /),
    here("watch", /^watch\(/),
    here("watchmod", /^watchmod\(/),
  ],
  "When a rule runs": [
    anywhere("periodic with an interval", /periodic\(\w+, [\d.]+\w*\)/),
    anywhere("periodic with a count", /periodic\(\w+, [\d.]+, \d+\)/),
    here("periodic with a delay", /periodic\(\w+, [\d.]+, \d+, [\d.]+\)/),
    here("periodic with jitter", /periodic\(\w+, [\d.]+, \d+, [\d.]+, [\d.]+\)/),
    here("steps at the start", /periodic\(\w+, 0, \d+\)/),
    here("shutdown", /:- shutdown\(\)/),
    anywhere("a row that is inserted", /_DELTA_INSERT\(/),
    anywhere("a row that goes", /_DELTA_DELETE\(/),
  ],
  Bodies: [
    anywhere("a negation", /[ ,]!\w+(\.\w+)?[@(]/),
    here("notin", /\bnotin \w+/),
    anywhere(":=", /:= /),
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
    ...["min<", "max<", "sum<", "list<"].map((name) => anywhere(`${name}X>`, name)),
    ...["countDistinct<", "avg<", "set<"].map((name) => here(`${name}X>`, name)),
    anywhere("count<*>", /count<\*>/),
    here("count<X>", /count<[A-Z]/),
    here("several in a head", /min<\w+>, max<\w+>/),
    here("the row that wins", /best\(K, I, max<V>\)/),
    anywhere("the place of the winner", /\(@min<\w+>/),
  ],
  Locations: [
    anywhere("@ a variable", /\w@[A-Z]\w*\(/),
    anywhere("@ a literal", /\w@"[^"]+"\(/),
    anywhere("@ an address of an overlay", /\w@\w+::/),
    anywhere("@ in an argument", /\w\(@[A-Z]/),
    anywhere("localAddr", /localAddr\([A-Z]/),
    anywhere("a body that spans places", /:-.*\(@[A-Z]\w*.*\(@[A-Z]/),
    anywhere("a row that a rule defines elsewhere", /theirs@"b:1"/),
  ],
  Overlays: [
    anywhere("overlay", /^overlay \w+\./),
    anywhere("import", /^import "/),
    anywhere("import .. as", /^import "[^"]+" as /),
    anywhere("send", /\bsend\(/),
    anywhere("recv", /\brecv\(/),
    anywhere("tun", /\btun\(/),
  ],
  Views: [
    anywhere("def", /^def \w+\(/),
    anywhere("def at a place", /^def \w+@\w+\(/),
    anywhere("a time of the view", /^def .*\) timeout\(/),
    here("a time of the call", /&\w+\) timeout\(/),
    here("many", /^def .* many /),
    here("this.done", /this\.done\(\)/),
    anywhere("this.init", /this\.init\(/),
    anywhere("this.return", /this\.return\(/),
    anywhere("this.fail", /this\.fail\(/),
    anywhere("v!fail", /\w!fail\(/),
    anywhere("a table of an invocation", /materialize\(this\./),
    anywhere("a call here", String.raw`:-.*[ ]${NAME}\([^)]*&`),
    anywhere("a call elsewhere", /\w@[A-Z]\w*\([^)]*&/),
    anywhere("&_", /&_/),
    anywhere("calls one after the other", /&\w+\).*&\w+\)/),
    anywhere("a view that calls itself", /def (\w+)[^}]*:-[^}]*\b\1(@\w+)?\([^)]*&/),
  ],
  Macros: [
    ...["define", "undef", "include", "ifdef", "ifndef", "if", "elif", "else", "endif", "error"].map((name) =>
      here(`#${name}`, `^#${name}\\b`),
    ),
    here("a line that goes on", /\\$/),
  ],
  OverLog: [
    here("#pragma dialect", /^#pragma dialect overlog/),
    here("#pragma dialect overlog-flat", /^#pragma dialect overlog-flat/),
    here("a place said twice", /\w@([A-Z]\w*)\(\1,/),
    here("periodic with a place", /periodic\(@[A-Z]/),
    here("X := X + 1", /([A-Z]\w*) := \1 /),
    here("stage", /^stage\(/),
    here("a_MIN and its like", /\ba_(MIN|COUNT|MAX)</),
    here("MKLIST and its like", /\b(MKLIST|MKSET|UNION)</),
    here("typed keys", /keys\(\d+:\w+/),
    here("materialise", /^materialise\(/),
    here("a function with a place", /f_now@/),
  ],
};
