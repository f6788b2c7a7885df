// Attack: a blind echo of audiences makes an IAM token for this cluster valid for a foreign service that requests a review.
// Kubernetes grants access for any requested audience that is in `status.audiences`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MAPPED, tokenOf } from "../fixtures.ts";
import { reviewer } from "./review.ts";

const MINE = "https://kubernetes.default.svc";

/** By rule: the configured audiences, the requested ones, and those of a grant: none with `[]`, `undefined` if denied. */
const RULES: Readonly<
  Record<string, readonly (readonly [readonly string[], unknown, readonly string[] | undefined])[]>
> = {
  "a foreign audience does not authenticate if audiences are configured": [
    ...[["vault"], ["vault", "sts.amazonaws.com"], [`${MINE}/`], [MINE.toUpperCase()]].map(
      (requested) => [[MINE], requested, undefined] as const,
    ),
  ],
  "no audience is returned if none are configured, or none are requested": [
    ...[["vault"], [MINE], ["vault", MINE]].map((requested) => [[], requested, []] as const),
    ...[undefined, null, []].map((requested) => [[MINE], requested, []] as const),
  ],
  "of several audiences, only the configured ones are returned": [[["y", MINE], ["vault", MINE, "x"], [MINE]]],
};

for (const [title, cases] of Object.entries(RULES)) {
  test(`${title}, and a cached identity does not carry them to the next review`, async () => {
    for (const [audiences, requested, expected] of cases) {
      const { status } = reviewer(MAPPED, {}, { audiences });
      for (const _ of ["new", "cached"]) {
        const { authenticated, error = "", ...rest } = await status(tokenOf("bob"), { audiences: requested });
        assert.deepEqual([authenticated, rest.audiences ?? []], [expected !== undefined, expected ?? []]);
        if (expected === undefined) assert.match(error, /^audience_foreign: /);
        await status(tokenOf("bob"), { audiences: [MINE] });
      }
    }
  });
}
