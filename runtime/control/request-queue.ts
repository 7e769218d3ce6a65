/**
 * Requests of one client that have arrived. One is answered in each turn of the event loop, so that packets, timers and other clients
 * get their turn however many requests a client sends at once.
 */
export class RequestQueue {
  readonly #client: RequestSource;
  #requests: (() => void)[] = [];
  /** Whether `#next` is to be called. */
  #isDue = false;

  constructor(client: RequestSource) {
    this.#client = client;
  }

  get isEmpty(): boolean {
    return this.#requests.length === 0;
  }

  /** Answers a request, at once if it is the only one. */
  push(answer: () => void): void {
    if (!this.#isDue && this.isEmpty && !this.#client.isStalled()) return this.#answer(answer);
    this.#requests.push(answer);
    this.#client.pause();
  }

  /** Goes on after the client has read its replies. */
  goOn(): void {
    if (this.#client.isStalled() || this.#isDue) return;
    if (this.isEmpty) this.#client.resume();
    else this.#later();
  }

  close(): void {
    this.#requests = [];
  }

  #later(): void {
    this.#isDue = true;
    this.#client.soon(() => this.#next());
  }

  #next(): void {
    this.#isDue = false;
    const answer = this.#requests.shift();
    if (answer === undefined) this.goOn();
    else this.#answer(answer);
  }

  #answer(answer: () => void): void {
    answer();
    // Also without a further request, so that those that follow in the same turn wait.
    if (!this.#client.isStalled()) this.#later();
  }
}

/** Client whose requests wait. */
export interface RequestSource {
  /** Calls a function in the next turn. */
  readonly soon: (call: () => void) => void;
  /** Stops reading requests. They wait in the kernel. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Whether the client does not read its replies. */
  readonly isStalled: () => boolean;
}
