/** Patterns of the Noise protocol framework: which keys the messages of a handshake carry and mix. */

/** What a message carries (`e`, `s`) or mixes into the keys. The first letter of a pair names the initiator's key. */
export type Token = "e" | "s" | "ee" | "es" | "se" | "ss" | "psk";

export interface NoisePattern {
  readonly name: "IK" | "IKpsk2" | "XX";
  /** Whether the initiator knows the static key of the responder beforehand. */
  readonly knowsResponder: boolean;
  /** Tokens of each message. The initiator sends the first one, then the two sides take turns. */
  readonly messages: readonly (readonly Token[])[];
}

export const IK: NoisePattern = {
  name: "IK",
  knowsResponder: true,
  messages: [
    ["e", "es", "s", "ss"],
    ["e", "ee", "se"],
  ],
};

export const IK_PSK2: NoisePattern = {
  name: "IKpsk2",
  knowsResponder: true,
  messages: [
    ["e", "es", "s", "ss"],
    ["e", "ee", "se", "psk"],
  ],
};

export const XX: NoisePattern = {
  name: "XX",
  knowsResponder: false,
  messages: [["e"], ["e", "ee", "s", "es"], ["s", "se"]],
};

/** Whether the pattern mixes a key that both sides know beforehand. */
export function hasPresharedKey({ messages }: NoisePattern): boolean {
  return messages.some((tokens) => tokens.includes("psk"));
}
