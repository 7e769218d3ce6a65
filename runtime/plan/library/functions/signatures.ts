/**
 * Types of the built-in functions: the kinds of arguments that each function takes, and the kinds of its results. The compiler infers
 * column types from these types, and reports calls that can never have a value.
 */
import { type ColumnType, typeBit } from "../../values/column-type.ts";
import { type Kind, kinds } from "../../values/value.ts";

/** One form of a function: a call has a value only if its arguments have kinds in `args`, and the value has a kind in `result`. */
export interface FunctionForm {
  readonly args: readonly ColumnType[];
  /** Whether the last argument may be repeated any number of times, or be missing. */
  readonly isVariadic: boolean;
  readonly result: ColumnType;
  /** Arguments, counted from 0, whose kinds the result may also have. */
  readonly selects: readonly number[];
}

const ANY = kinds.reduce((bits, kind) => bits | typeBit(kind), 0);

/**
 * Forms by function, separated by `;`. An argument is a list of kinds separated by `|`, or a capital letter, which stands for any kind. A
 * letter in the result stands for the kind of the argument with this letter. `..` marks an argument that may be repeated.
 */
const TEXTS: Readonly<Record<string, string>> = {
  f_max: "A, B -> A|B",
  f_min: "A, B -> A|B",
  f_mod: "number, number -> number; id, id|number -> id; number, id -> id",
  f_pow: "number, number -> number; id, number -> id",
  f_toint: "number|string|id|bool -> number",
  f_tostr: "any -> string",
  f_typeOf: "any -> string",
  f_ifelse: "bool|number, A, B -> A|B",
  f_timeDuration: "number, number -> number",
  f_diffTime: "number, number -> number",
  f_initlist: "any.. -> list",
  f_initSet: "any.. -> list",
  f_cons: "any, list -> list",
  f_append: "any -> list; list, any -> list",
  f_concat: "list, list -> list; string, string -> string; bytes, bytes -> bytes",
  f_car: "list -> any",
  f_first: "list -> any",
  f_cdr: "list -> list",
  f_last: "list -> any",
  f_removeLast: "list -> list",
  f_item: "list, number -> any",
  f_take: "list, number -> list",
  f_member: "list, any -> number",
  f_contains: "list, any -> number; string, string -> number",
  f_intersect: "list, list -> list",
  f_subset: "list, list -> number",
  f_size: "list|string|bytes -> number",
  f_empty: "-> list; list|string|bytes -> number",
  f_isEmpty: "list|string|bytes -> number",
  f_reverse: "list -> list",
  f_sort: "list -> list",
  f_strfind: "string, string -> number",
  f_match: "string, string -> number",
  f_strReplace: "string, string, string -> string",
  f_substr: "string, number -> string; string, number, number -> string",
  f_split: "string, string -> list",
  f_lower: "string -> string",
  f_bytes: "bytes|string|id|list|tuple -> bytes",
  f_packet: "bytes -> tuple",
  f_slice: "bytes, number.. -> bytes; list, number.. -> list",
  f_u8: "bytes, number -> number",
  f_u16: "bytes, number -> number",
  f_u32: "bytes, number -> number",
  f_pack: "string, number|bytes|string|id|list|tuple.. -> bytes",
  f_unpack: "string, bytes -> list",
  f_text: "bytes -> string",
  f_ip: "bytes -> string; string -> bytes",
  f_sum: "bytes -> number",
  f_sums: "bytes -> bytes",
  f_mix: "list -> bytes",
  f_unmix: "number, list -> list",
  f_code: "number, number -> list",
  f_rows: "bytes|tuple -> list",
  f_count: "bytes|tuple -> number",
  f_overlay: "string|address -> string",
  f_options: "string|address -> list",
  f_address: "string, string|id|address|list, list -> string|address",
  f_node: "string -> string; address -> string|id|address|list",
  f_host: "string -> string",
  f_port: "string -> number",
  f_src: "-> string|address|null",
  f_sha1: "any -> id",
  f_sha256: "any -> bytes",
  f_hmac: "bytes|string, any -> bytes",
  f_seal: "bytes|string, bytes, bytes -> list; bytes|string, bytes, bytes, bytes -> list",
  f_open: "bytes|string, bytes, bytes, bytes -> bytes",
  f_random: "number -> bytes",
  f_now: "-> number",
  f_rand: "-> number; number -> number",
  f_drand: "number.. -> number",
  f_randID: "-> id",
  f_idgen: "-> id",
  f_coinFlip: "number -> number",
};

const forms = new Map<string, readonly FunctionForm[]>();

/** Returns the forms of a built-in function; undefined for a function without declared arguments, such as one of a plug-in. */
export function formsOf(name: string): readonly FunctionForm[] | undefined {
  const known = forms.get(name);
  if (known !== undefined) return known;
  const text = Object.hasOwn(TEXTS, name) ? TEXTS[name] : undefined;
  if (text === undefined) return undefined;
  const read = text.split(";").map(readForm);
  forms.set(name, read);
  return read;
}

/** Returns the kinds that the value of a call can have for arguments of the given kinds; 0 if the call can have no value. */
export function resultKinds(functionForms: readonly FunctionForm[], args: readonly ColumnType[]): ColumnType {
  return functionForms.reduce((bits, form) => bits | resultOf(form, args), 0);
}

function resultOf(
  { args: wanted, isVariadic, result, selects }: FunctionForm,
  args: readonly ColumnType[],
): ColumnType {
  const fits = isVariadic ? args.length >= wanted.length - 1 : args.length === wanted.length;
  if (!fits || !args.every((kind, at) => (kind & (wanted[at] ?? wanted.at(-1) ?? 0)) !== 0)) return 0;
  return selects.reduce((bits, at) => bits | (args[at] ?? 0), result);
}

function readForm(text: string): FunctionForm {
  const [left = "", right = ""] = text.split("->").map((side) => side.trim());
  const args = left === "" ? [] : left.split(",").map((one) => one.trim());
  const letters = args.map((one) => (/^[A-Z]$/.test(one) ? one : undefined));
  const results = right.split("|");
  return {
    args: args.map((one) => kindsIn(one.replace(/\.\.$/, "").split("|"))),
    isVariadic: args.at(-1)?.endsWith("..") ?? false,
    result: kindsIn(results.filter((one) => !letters.includes(one))),
    selects: letters.flatMap((letter, at) => (letter !== undefined && results.includes(letter) ? [at] : [])),
  };
}

function kindsIn(names: readonly string[]): ColumnType {
  return names.reduce((bits, name) => bits | (name === "any" || /^[A-Z]$/.test(name) ? ANY : typeBit(name as Kind)), 0);
}
