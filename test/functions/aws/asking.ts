// Helpers for tests of STS: a token, the result of a call, and a check that errors contain no secret.

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { createSts } from "../../../functions/authenticator/aws/sts.ts";
import type { UnverifiedToken } from "../../../functions/authenticator/token/token.ts";
import { type AuthenticatorError, hasCode, isAuthenticatorError } from "../../../functions/errors.ts";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import { HOST, parse, SECURITY_TOKEN, SIGNATURE, tokenWith } from "../authenticator/token/samples.ts";

export const TOKEN = parse(tokenWith({ "X-Amz-Security-Token": SECURITY_TOKEN }));
export const CLUSTER_ID = "prod-1";

export type AskSts = ReturnType<typeof createSts>;

export function stsAt(url: string): AskSts {
  return createSts({ regionalHost: HOST, endpoint: new URL(url) });
}

export async function asked(
  askSts: AskSts,
  token: UnverifiedToken = TOKEN,
  deadline = deadlineIn(5_000, Date.now),
): Promise<string | AuthenticatorError> {
  try {
    const { status, body } = await askSts(token, deadline, CLUSTER_ID);
    return `${status} ${body}`;
  } catch (error) {
    if (isAuthenticatorError(error)) return error;
    throw error;
  }
}

/** Checks that the error is an outage of this kind, and that it and its causes contain no secret. */
export function assertUnreachable(error: unknown, kind: string): void {
  assert.ok(hasCode(error, "sts_unreachable"), String(error));
  assert.equal(error.message, `no answer from STS (${kind})`);
  assert.equal(error.status, 500);
  const everything = inspect(error, { depth: null, maxStringLength: null });
  for (const secret of [SIGNATURE, SECURITY_TOKEN, encodeURIComponent(SECURITY_TOKEN), TOKEN.target]) {
    assert.ok(!everything.includes(secret), everything);
  }
}
