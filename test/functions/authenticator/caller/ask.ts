// Checks a caller against a list of callers, which can be invalid.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { checkBearer } from "../../../../functions/authenticator/caller/bearer.ts";
import type { ReadParameters } from "../../../../functions/parameters/parameter-cache.ts";
import { deadlineOf, fixedClock, NOW } from "../fixtures.ts";

export const NAME = "/p/callers";
export const entry = (token: string, more: Record<string, unknown> = {}) => ({
  name: "a",
  sha256: hash("sha256", token),
  ...more,
});

interface Options {
  readonly now?: number;
  readonly secure?: boolean;
}

/** Fails for a token that only STS could prove. */
export async function check(
  authorization: string | undefined,
  callers: unknown,
  { now = NOW, secure = false }: Options = {},
) {
  const value = typeof callers === "string" ? callers : JSON.stringify(callers);
  const read: ReadParameters = async (names) => {
    assert.deepEqual(names, [NAME]);
    return {
      parameters: new Map(callers === undefined ? [] : [[NAME, { value, secure }]]),
      cached: true,
      stale: false,
    };
  };
  assert.equal(await checkBearer(authorization, NAME, read, deadlineOf(fixedClock(now))), undefined);
}

export const refused = (authorization: string | undefined, callers: unknown, options?: Options) =>
  assert.rejects(check(authorization, callers, options), { code: "caller_refused" });
