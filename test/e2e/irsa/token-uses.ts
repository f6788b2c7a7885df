// Uses tokens all the time during a rotation, and records in which phase each use is first refused.

import { setTimeout as sleep } from "node:timers/promises";

export interface TokenUse {
  /** Unique: the token, and who verifies it. */
  readonly name: string;
  /** Whether the token is accepted. */
  readonly isAccepted: () => Promise<boolean>;
}

export interface TokenUses {
  /** Throws if the first use is refused. */
  add(use: TokenUse): Promise<void>;
  /** Waits until each use was tried again. */
  settle(): Promise<void>;
  /** The same, then begins a phase. */
  begin(phase: string): Promise<void>;
  /** By use: the phase of its first refusal. */
  readonly refusals: ReadonlyMap<string, string>;
  /** Number of tries. */
  readonly tries: number;
  stop(): Promise<void>;
}

const PAUSE_MS = 100;

export function useTokens(firstPhase: string): TokenUses {
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

  async function settle(): Promise<void> {
    // The current round may have begun before this call.
    const wanted = rounds + 2;
    while (rounds < wanted) await Promise.race([load, sleep(PAUSE_MS)]);
  }

  return {
    refusals,
    settle,
    get tries() {
      return tries;
    },
    async add(use) {
      if (!(await use.isAccepted())) throw new Error(`${use.name}: refused from the start`);
      uses.push(use);
    },
    async begin(next) {
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
