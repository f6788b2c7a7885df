// How far a long piece of work is: a line that changes in a terminal, and a line now and then in a log.

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
/** Without a terminal, such as in a pipeline. */
const LOGGED_EVERY_MS = 10_000;

/** `all` is `undefined` where the end is not known; `perSecond` is a rate that the work never exceeds. */
export function startProgress(
  what: string,
  all: number | undefined,
  { watched, showProgress, tell, clock }: IOStreams,
  perSecond = Number.POSITIVE_INFINITY,
): Progress {
  const start = performance.now();
  let logged = clock();
  let shown = false;

  function show(done: number): void {
    if (!watched) log(done);
    if (!watched || (all ?? done) <= WORTH_SHOWING) return;
    shown = true;
    showProgress(all === undefined ? `${what} ${done}` : `${what} ${bar(done / all)} ${done}/${all}${left(done, all)}`);
  }

  function log(done: number): void {
    if (clock() - logged < LOGGED_EVERY_MS) return;
    logged = clock();
    tell(all === undefined ? `${what} ${done}\n` : `${what} ${done}/${all}${left(done, all)}\n`);
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
