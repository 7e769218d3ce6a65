/**
 * What has no file in `runtime/elements`: the elements that a strand's function is fused from, by the names that the
 * dataflow's text gives them, and what is drawn beside the elements.
 */
export const FUSED_ELEMENTS: ReadonlyMap<string, string> = new Map([
  [
    "Strand",
    `One way to run a rule: what wakes it, and the elements its function was fused from.
A rule with tables alone in its body has one for each of them.`,
  ],
  [
    "On",
    `The beginning of a strand. Runs for each such event, or for each row that was inserted into the
table, or whose time was up. Rules of a derived table run for rows inserted into, deleted from
or refreshed in a table they read, and for single rows of their own recursive stratum.`,
  ],
  ["Lookup", "Finds the one row that has this primary key, if there is one."],
  [
    "Join",
    `Goes on once for each row that fits: by an index on the columns whose values are known, or by a
scan of all rows where none is.`,
  ],
  ["AntiJoin", "Goes on when no row fits: a negated literal."],
  ["Select", "Goes on when the condition is true. One without a value ends the derivation, and is counted."],
  ["Assign", "Gives a variable its value. Without one the derivation ends, and is counted."],
  ["Unnest", "Goes on once for each element of the list that fits the pattern."],
  ["Project", "Makes the columns of the head."],
  ["Aggregate", "Gathers what the elements before it found for the event, and goes on once, with one result."],
  ["Contribute", "Adds a derivation to a table that rules define, or takes one away; at none, the row is gone."],
  ["Refresh", "Says that a derived row is derived again, which renews its lifetime."],
  ["Send", "Gives the tuple to RoundRobin, with the place it is for."],
  ["Raise", "Makes the tuple an event of the same round."],
  ["Insert", "Puts the row into the table when the round ends."],
  ["Delete", "Takes the row with this key out of the table when the round ends."],
  [
    "Tables",
    `The rows the node holds. Frozen while a round runs; at its end deletions, insertions, expiry and
views change them together, and what changed wakes strands in the next round.`,
  ],
  ["Discard", "Where LocSpecDemux leaves what has no address; counted by reason among the node's drops."],
]);
