// Uses tokens all the time during a rotation, and records in which phase each use is first refused.

import { setTimeout as sleep } from "node:timers/promises";

interface TokenUse {
  /** Unique: the token, and who verifies it. */
  readonly name: string;
  /** Whether the token is accepted. */
  readonly isAccepted: () => Promise<boolean>;
}

const PAUSE_MS = 100;

export function useTokens(firstPhase: string) {
  const uses: TokenUse[] = [];
  const refusals = new Map<string, string>();
  let [phase, rounds, tries, ended] = [firstPhase, 0, 0, false];

  const load = (async () => {
    for (; !ended; rounds += 1) {
      for (const { name, isAccepted } of [...uses]) {
        const during = phase;
        tries += 1;
        if (!(await isAccepted()) && !refusals.has(name)) refusals.set(name, during);
      }
      await sleep(PAUSE_MS);
    }
  })();
  // settle and stop report it.
  load.catch(() => undefined);

  /** Waits until each use was tried again. */
  async function settle(): Promise<void> {
    // The current round may have begun before this call.
    const wanted = rounds + 2;
    while (rounds < wanted) await Promise.race([load, sleep(PAUSE_MS)]);
  }

  return {
    /** By use: the phase of its first refusal. */
    refusals,
    settle,
    get tries() {
      return tries;
    },
    /** Throws if the first use is refused. */
    async add(use: TokenUse) {
      if (!(await use.isAccepted())) throw new Error(`${use.name}: refused from the start`);
      uses.push(use);
    },
    /** Settles, then begins a phase. */
    async begin(next: string) {
      await settle();
      phase = next;
    },
    async stop() {
      await settle();
      ended = true;
      await load;
    },
  };
}
