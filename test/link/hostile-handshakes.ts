/**
 * Mutated messages of the handshake for a node with a peer, a session and a handshake of its own under way. Nothing throws, no message
 * gives a session, and a node answers at most with a cookie that is shorter than the message.
 */
import { decodeMessage } from "../../runtime/link/handshake-message.ts";
import type { LinkFigures } from "../../runtime/world/links.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { MutatedBytes } from "../fuzz/mutated-bytes.ts";
import { type LinkHost, LinkNetwork, pinnedPair } from "./link-network.ts";

/** Seconds between two messages: so few that the node reads each. */
const INTERVAL = 0.03;
/** Messages after which the peers begin anew, because no message is younger than that. */
const EACH = 2000;

/** Gives `count` mutated messages to nodes, and returns the number of each outcome. */
export function fuzzHandshakes(count: number, seed: number): Readonly<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  for (let done = 0; done < count; done += EACH) {
    const { refused } = fuzzOne(Math.min(EACH, count - done), seed + done);
    for (const [why, number] of refused) outcomes[why] = (outcomes[why] ?? 0) + number;
  }
  return outcomes;
}

function fuzzOne(count: number, seed: number): LinkFigures {
  const random = streamOf(seed, "handshakes");
  const network = new LinkNetwork();
  const { a, b } = pinnedPair(network);
  network.say(a, "b:1", "one");
  network.runUntil(1);
  const valid = messagesOf(network);
  begin(network, b);
  const inputs = new MutatedBytes(random, valid);
  const sessions = b.layer.figures.sessions;
  for (let at = 0; at < count; at++) {
    const bytes = inputs.next();
    const before = network.packets.length;
    try {
      b.layer.handshake(bytes, `mallory${at % 7}:1`);
    } catch (error: unknown) {
      throw new Error(`seed ${seed}, message ${at}: ${Buffer.from(bytes).toString("hex")}`, { cause: error });
    }
    for (const { content } of network.packets.slice(before)) checkAnswer(content, bytes);
    network.runUntil(network.time.now + INTERVAL);
  }
  if (b.layer.figures.sessions !== sessions) throw new Error(`seed ${seed}: a mutated message gave a session`);
  return b.layer.figures;
}

/** Lets a node begin a handshake that is not answered. */
function begin(network: LinkNetwork, { layer }: LinkHost): void {
  network.fate = () => [];
  layer.pin({ name: "c:1", key: new Uint8Array(32).fill(9), endpoint: "c:1" });
  layer.unsealable("c:1", new Uint8Array(4), 0);
}

function messagesOf(network: LinkNetwork): readonly Uint8Array[] {
  return network.packets.flatMap(({ content }) => (content instanceof Uint8Array ? [content] : []));
}

function checkAnswer(content: unknown, message: Uint8Array): void {
  if (!(content instanceof Uint8Array)) return;
  const kind = decodeMessage(content)?.message.kind;
  if (kind === "response" || content.length > message.length) throw new Error(`answered with a ${kind}`);
}
