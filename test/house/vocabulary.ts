import type { Rule } from "./rules.ts";

/** Private word, its standard term, and the files where the word has another sense. */
interface BannedWord {
  /** Matches the word in identifiers and prose, but not words of ordinary English. */
  readonly word: RegExp;
  readonly instead: string;
  readonly except?: RegExp;
}

const TESTS = /^test\//;

/** One entry per concept. Each word is banned in the private sense that it once had in this project. */
const BANNED_WORDS: readonly BannedWord[] = [
  {
    word: /\b(?:shortcuts|[Ss]hortcut[A-Z]\w*|linux-shortcuts|--no-shortcuts)\b/,
    instead: "flow cache",
    except: /view|optimi|local/i,
  },
  { word: /\b[Ll]essons?\b|\bisLesson\b/, instead: "recording" },
  { word: /\b(?:pass-ledger|PassLedger|LedgerParts|KEEPERS|beginPass)\b/, instead: "cacheable run, stateful" },
  { word: /\bmisfortunes?\b/i, instead: "loss count" },
  { word: /\b(?:blindReads|looksOf|isBlind)\b/, instead: "cacheableReads, inspectedExpressions" },
  { word: /\brehears(?:e|al|als|ed|ing)\w*/i, instead: "warm-up" },
  {
    word: /\b(?:Estate|estateOf|heirs?|Succession|Successor)\b/,
    instead: "program state, matching table, program swap",
  },
  { word: /\bunheld\b/i, instead: "unreferenced" },
  { word: /\binterlude\b/i, instead: "runExclusive" },
  { word: /\b(?:isOverlong|drains_overlong|mosaic_drains\w*)\b/i, instead: "over budget, read cycle" },
  { word: /\b(?:unheard|tellers?)\b/i, instead: "unsubscribed, notifiers" },
  { word: /\b(?:kept-values|KeptValues)\b/, instead: "memoised values" },
  { word: /\brivals\b/i, instead: "key conflict", except: /\.txt$/ },
  { word: /\bisMortal\b|\bmortal\b/, instead: "expiring" },
  { word: /\b(?:isDoubted|doubted)\b/, instead: "overdeleted" },
  { word: /\bceded\b/, instead: "negation-deleted" },
  { word: /\bVOID\b/, instead: "CANCELLED" },
  { word: /\b(?:costsOf|improvements?Of)\b/, instead: "monotone cost columns" },
  { word: /\b(?:[a-z]\w*Place|(?:type|interface|class) Place)\b/, instead: "location", except: TESTS },
  { word: /\b(?:place-of|places|place-aggregate|ignore-places)\.ts\b/, instead: "location" },
  { word: /\bidle-defines\b/, instead: "unused-defines" },
  { word: /\b(?:asked-names|shiftedBack)\b/, instead: "unknown-names, relativeToQuery" },
  { word: /\b(?:check-habits|checkHabits)\b/, instead: "lint" },
  { word: /\bComplaints\b/, instead: "DiagnosticCollector" },
  { word: /\b(?:openNext|openRest)\b/, instead: "if stack" },
  { word: /\btroubles?\b/i, instead: "health problem" },
  { word: /\b(?:FlowFigures|collect-figures|peer-figures)\b/, instead: "metrics snapshot" },
  { word: /\b(?:loss-log|LossLog)\b/, instead: "drop log" },
  { word: /\b(?:stray-packets|StrayPackets|chatter)\b/i, instead: "unrouted packets, background multicast" },
  { word: /\b(?:peer-book|PeerBook)\b/, instead: "peer counters" },
  { word: /\b(?:ChannelSurroundings|own-names)\b/, instead: "dependencies, endpoint names" },
  { word: /\b(?:still-world|StillWorld)\b/, instead: "isolated world" },
  { word: /\bEffortSpent\b|\bEffort\b/, instead: "query budget, BudgetExceeded" },
  {
    word: /\b(?:settle[A-Z]\w*|findPlace|commonMoments|LinkMeans|link-means)\b/,
    instead: "resolve, backend, timeline event, link emulation",
  },
  { word: /\b(?:farewell|PATIENCE\w*)\b/, instead: "grace period, timeout" },
  { word: /\b(?:WhyNot|whyNot)\b/, instead: "ReadFailure, explainFailure" },
  { word: /\bcountOn\b/, instead: "addCountersOf" },
  { word: /\bRow as Values\b/, instead: "Values" },
  { word: /\bprogram exchanged\b/, instead: "program replaced" },
];

/** Files that must contain the words: this list and its test. */
const EXEMPT = /^(?:test\/house\/vocabulary\.ts|test\/vocabulary\.test\.ts)$/;

/** No file uses a private word that has a standard term. A line with `→`, such as a rename in the change log, may name both. */
export const standardTerms: Rule = (files) =>
  files
    .filter(({ path }) => !EXEMPT.test(path))
    .flatMap(({ path, text }) => [
      ...faultsIn(path, `${path}: file name`, path),
      ...text.split("\n").flatMap((line, at) => (line.includes("→") ? [] : faultsIn(path, `${path}:${at + 1}`, line))),
    ]);

function faultsIn(path: string, location: string, text: string): readonly string[] {
  return BANNED_WORDS.flatMap(({ word, instead, except }) => {
    const found = word.exec(text)?.[0];
    if (found === undefined || except?.test(path) === true) return [];
    return [`${location}: \`${found}\`; say ${instead}`];
  });
}
