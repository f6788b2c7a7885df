// A line that says how far a long piece of work is; only where somebody watches.

import { duration } from "./duration.ts";
import type { IOStreams } from "./io-streams.ts";

export interface Progress {
  show(done: number): void;
  /** Takes the line away again. */
  end(): void;
}

const BAR = 30;
/** Below this, work is over before a line could be read. */
const WORTH_SHOWING = 10;

/** `all` is `undefined` where the end is not known; `perSecond` is a rate that the work never exceeds. */
export function startProgress(
  what: string,
  all: number | undefined,
  { watched, showProgress }: IOStreams,
  perSecond = Number.POSITIVE_INFINITY,
): Progress {
  const start = performance.now();
  let shown = false;

  function show(done: number): void {
    if (!watched || (all ?? done) <= WORTH_SHOWING) return;
    shown = true;
    showProgress(all === undefined ? `${what} ${done}` : `${what} ${bar(done / all)} ${done}/${all}${left(done, all)}`);
  }

  function left(done: number, total: number): string {
    const each = Math.max((performance.now() - start) / 1000 / done, 1 / perSecond);
    const time = duration(each * (total - done));
    return time === undefined ? "" : `, ${time} left`;
  }

  return {
    show,
    end() {
      if (shown) showProgress("");
    },
  };
}

function bar(share: number): string {
  const full = Math.round(share * BAR);
  return `[${"#".repeat(full)}${".".repeat(BAR - full)}]`;
}
