import type { Plan } from "../../runtime/plan/contract/plan.ts";
import type { Tuple } from "../../runtime/plan/values/packet.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { decodeFields } from "../../runtime/plan/values/decode-fields.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import { ADDRESSES } from "./fuzzed-program.ts";
import type { RealValues } from "./hostile-values.ts";

/** Values kept per column, so that a long recording costs no more than a short one. */
const VALUES_MAX = 256;

/** Datagrams that nodes sent to each other, with their tuples. */
export interface Recording {
  readonly datagrams: readonly Uint8Array[];
  readonly tuples: readonly Tuple[];
  readonly values: RealValues;
}

/** Accepted forms of a predicate: the tuple to send, and whether it deletes. */
export interface AcceptedForm {
  readonly predicate: PredicateSpec;
  readonly isDelete: boolean;
  readonly hash: number;
}

export function acceptedForms({ predicates }: Plan): readonly AcceptedForm[] {
  return predicates.flatMap((predicate) => {
    const { tuple, remove, acceptTuple, acceptRemove } = predicate.wire;
    return [
      ...(acceptTuple ? [{ predicate, isDelete: false, hash: tuple }] : []),
      ...(acceptRemove ? [{ predicate, isDelete: true, hash: remove }] : []),
    ];
  });
}

export function columnName({ name, arity }: PredicateSpec, column: number): string {
  return `${name}/${arity}/${column}`;
}

export function recordingOf(plan: Plan, datagrams: readonly Uint8Array[]): Recording {
  const forms = acceptedForms(plan);
  const byHash = new Map(forms.map((form) => [form.hash, form]));
  const tuples = datagrams.flatMap((datagram) => tuplesOf(datagram, byHash));
  const byColumn = new Map<string, Value[]>();
  for (const { predicate, args } of tuples) {
    for (const [column, value] of args.entries()) {
      const name = columnName(predicate, column);
      const values = byColumn.get(name) ?? [];
      byColumn.set(name, values);
      if (values.length < VALUES_MAX) values.push(value);
    }
  }
  return { datagrams, tuples, values: { addresses: ADDRESSES, byColumn, hashes: forms.map(({ hash }) => hash) } };
}

function tuplesOf(datagram: Uint8Array, byHash: ReadonlyMap<number, AcceptedForm>): readonly Tuple[] {
  const decoded = decodeDatagram(datagram);
  if (!decoded.ok) return [];
  return decoded.tuples.flatMap(({ hash, start, end }) => {
    const form = byHash.get(hash);
    const args = form && decodeFields(datagram, start, end, form.predicate.arity);
    return form === undefined || args === undefined ? [] : [{ ...form, args }];
  });
}
