// Every command against a server that misbehaves: what takes no time. `npm run test:hostile` has the rest.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BEHAVIOURS, resetAt } from "./behaviours.ts";
import { COMMANDS } from "./commands.ts";
import { openBench, problemsOf, runHere } from "./run.ts";

const bench = await openBench("");
after(() => bench.files.remove());

/** These wait for a limit, or need a process of their own for their authority. */
const LEFT_OUT = /^(silent|stall|drip|flood|pages-e|continue|tls-(expired|other-name|unknown))/;
const behaviours = BEHAVIOURS.filter(({ name }) => !LEFT_OUT.test(name));
/** The SDK asks a container four times, with a second between; IAM is behind an authority that only a process can trust. */
const commands = COMMANDS.filter(({ target }) => !["credentials", "iam"].includes(target));
/** One of these many bytes; the harness tries each. */
const STEP = 96;
const resets = Array.from({ length: Math.ceil(1024 / STEP) }, (_, at) => resetAt(at * STEP));

for (const command of commands) {
  test(`${command.name}: holds when ${command.target} misbehaves`, async () => {
    for (const behaviour of [...behaviours, ...resets]) {
      const run = await runHere(bench, command, behaviour);
      assert.deepEqual(problemsOf(command, run), [], `${behaviour.name}: ${JSON.stringify(run)}`);
    }
  });
}
