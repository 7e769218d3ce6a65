/**
 * Known effects of actions. Actions at different nodes commute: the effect of an action depends only on the state of its node, on its
 * message, and on which call ids other nodes and messages hold. So the state behind an action is known, without carrying the action out,
 * once the action has been carried out in any state in which its node was in the same state.
 */
import type { Choice } from "./choice.ts";
import { type Digest, numberOf } from "./digest.ts";
import type { Message } from "./flying-messages.ts";

/** Whether a message or another node held a call id that the node tried to take. */
export interface IdProbe {
  readonly id: number;
  readonly isHeld: boolean;
}

export interface Effect {
  /** Hash of the node after the action. */
  readonly after: Digest;
  /** Messages that the node sent, to running nodes and to others. */
  readonly sent: readonly Message[];
  readonly probes: readonly IdProbe[];
}

/** Effects of the actions in one state of a node. */
interface NodeEffects extends Digest {
  readonly byAction: Map<number, Effect>;
}

/** Number of states of nodes after which the effects are forgotten, so that memory is bounded. */
const STATES_MAX = 300_000;

const TICK = -1;

export class Effects {
  readonly #byState = new Map<number, NodeEffects>();

  /** The effect of an action on a node whose state has the hash `node`, if it is known. */
  find(node: Digest, choice: Choice): Effect | undefined {
    const known = this.#byState.get(numberOf(node));
    return known?.low === node.low && known.high === node.high ? known.byAction.get(actionOf(choice)) : undefined;
  }

  add(node: Digest, choice: Choice, effect: Effect): void {
    const number = numberOf(node);
    const known = this.#byState.get(number);
    if (known?.low === node.low && known.high === node.high) {
      known.byAction.set(actionOf(choice), effect);
      return;
    }
    if (this.#byState.size >= STATES_MAX) this.#byState.clear();
    const { low, high } = node;
    this.#byState.set(number, { low, high, byAction: new Map([[actionOf(choice), effect]]) });
  }
}

/** The action at its node: the arrival of a message, whether or not it stays under way, or the next timer. */
function actionOf(choice: Choice): number {
  return "message" in choice ? choice.message.key : TICK;
}
