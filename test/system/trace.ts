// Records the system's log and responses, and checks the rules that apply to all of them.

import assert from "node:assert/strict";
import type { Answer, ReviewPost } from "./answers.ts";
import type { BundledFunction } from "./bundled-function.ts";
import { createSecrets } from "./secrets.ts";

type LogLine = Readonly<Record<string, unknown>>;

export type Trace = ReturnType<typeof traceOf>;

export function traceOf({ output }: Pick<BundledFunction, "output">) {
  const secrets = createSecrets();
  const answers: Answer[] = [];

  function lines(): LogLine[] {
    const printed = output("stdout").split("\n");
    return printed.filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  return {
    /** Called before a token is sent: it is a secret from then. */
    sent({ headers = {}, body = "" }: ReviewPost) {
      secrets.addCaller(headers["Authorization"] ?? "");
      // The text between quotes, whether the body is JSON or not.
      for (const [, token] of body.matchAll(/"token":"([^"]*)"/g)) secrets.addToken(token ?? "");
      for (const [token] of body.matchAll(/k8s-aws-v1\.[^"\s]*/g)) secrets.addToken(token);
    },
    received: (answer: Answer) => void answers.push(answer),
    logs: lines,
    /** Fails if a response or printed line contains a secret, if a line is not a review's, or if stderr is not empty. */
    check() {
      assert.equal(output("stderr"), "");
      assert.deepEqual(
        lines().filter((line) => !("outcome" in line && "_aws" in line)),
        [],
      );
      const answered = answers.map(({ headers, text }) => `${JSON.stringify(headers)}\n${text}`);
      const found = secrets.find([output("stdout"), ...answered].join("\n"));
      assert.equal(found, undefined, "a secret came out");
    },
  };
}
