// Shows progress in a terminal.

import type { Run } from "./run.ts";

const BAR = 30;

/** Less work ends before the user could read the line. */
const WORTH_SHOWING = 10;

/** The interval of messages without a terminal, such as in a pipeline. */
const LOGGED_EVERY_MS = 10_000;

/**
 * Starts to show progress. `all` is the number of items, `undefined` if unknown. `perSecond` is the
 * upper limit of the rate.
 */
export function startProgress(
  what: string,
  all: number | undefined,
  run: Run,
  perSecond = Infinity,
) {
  const { watched, showProgress, log, clock } = run;
  const start = performance.now();
  let logged = clock();
  let shown = false;

  function show(done: number): void {
    if (!watched) logSometimes(done);
    if (!watched || (all ?? done) <= WORTH_SHOWING) return;
    shown = true;
    showProgress(
      all === undefined
        ? `${what} ${done}`
        : `${what} ${bar(done / all)} ${done}/${all}${left(done, all)}`,
    );
  }

  function logSometimes(done: number): void {
    if (clock() - logged < LOGGED_EVERY_MS) return;
    logged = clock();
    log(all === undefined ? `${what} ${done}\n` : `${what} ${done}/${all}${left(done, all)}\n`);
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

/** Returns the duration as text; `undefined` below two seconds, which are not worth printing. */
export function duration(seconds: number): string | undefined {
  const rounded = Math.ceil(seconds);
  if (rounded < 2) return undefined;
  if (rounded < 120) return `${rounded} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Shorter waits are not reported. */
const PATIENCE_MS = 1_000;

/** Reports after Ctrl-C that a write is still running, until the returned function is called. */
export function logIfSlow({ interrupted, log }: Run): () => void {
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(() => {
      // After ^C, the cursor is in the middle of a line.
      log("\n");
      log("Waiting for AWS to answer a write. Press Ctrl-C again to stop at once.\n");
    }, PATIENCE_MS);
  };
  interrupted.addEventListener("abort", start);
  return () => {
    interrupted.removeEventListener("abort", start);
    clearTimeout(timer);
  };
}
