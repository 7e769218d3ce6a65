import type { ChildProcess } from "node:child_process";
import { type HostName, type RonLab, virtual } from "./ron-lab.ts";

const INTERVAL_S = 0.05;

/** Runs `ping` on a host to the virtual address of another one, and records the times of the answers. */
export class Pings {
  /** Times in milliseconds, by the clock of this process. */
  readonly answers: number[] = [];
  readonly #child: ChildProcess;

  constructor(lab: RonLab, from: HostName, to: HostName) {
    this.#child = lab.spawn(from, ["ping", "-n", "-i", String(INTERVAL_S), "-W", "1", virtual(to)]);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n")) if (line.includes("time=")) this.answers.push(Date.now());
    });
  }

  /** Returns the time from `since` until answers came again: the end of the first gap longer than a few pings. */
  outageAfter(since: number): number | undefined {
    const next = this.answers.find((time, at) => time > since && time - (this.answers[at - 1] ?? since) > 200);
    return next === undefined ? undefined : next - since;
  }

  stop(): void {
    this.#child.kill("SIGINT");
  }
}
