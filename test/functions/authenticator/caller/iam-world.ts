// A function with IAM callers, and an STS that checks for which id a token is signed.

import { hash } from "node:crypto";
import type {
  AskSts,
  StsRequest,
} from "../../../../functions/authenticator/identity/prove-identity.ts";
import type { Settings } from "../../../../functions/authenticator/settings.ts";
import { LOCAL_IDENTITIES, localIdentity } from "../../../local-aws.ts";
import {
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  identityBody,
  NOW,
  reviewBody,
  tokenFor,
} from "../fixtures.ts";

/** `bob` signs as this role, `alice` as a user. */
export const DEVELOPERS = { name: "control-plane", arn: `arn:aws:iam::${HOME}:role/Developers` };
export const MAPPED = { [`account/${HOME}`]: {} };

/**
 * `id`: default, the callers' id. `at`: when it is signed; tokens of other times are other tokens.
 */
export function sign(
  who: string,
  { id = "test:caller", at = NOW, region = "us-east-1" } = {},
): string {
  return tokenFor(localIdentity(who).accessKeyId, { now: at, salt: id, region });
}

type Options = { settings?: Partial<Settings>; stored?: Record<string, unknown> };
/**
 * `calls` of STS are about callers and users. `sts.fail`, when it is set, is thrown; `sts.hold`
 * delays answers; `sts.takes` passes the time.
 */
export function world(callers: unknown, { settings = {}, stored = {} }: Options = {}) {
  const calls: (StsRequest & { time: Parameters<AskSts>[2] })[] = [];
  const sts: { fail?: Error; hold?: Promise<void>; takes?: () => void; refused: Set<string> } = {
    refused: new Set(),
  };
  const askSts: AskSts = async (asked, _, time) => {
    const { accessKeyId, target, signedId } = asked;
    calls.push({ ...asked, time });
    await sts.hold;
    sts.takes?.();
    if (sts.fail !== undefined) throw sts.fail;
    const identity = LOCAL_IDENTITIES.find((identity) => identity.accessKeyId === accessKeyId);
    const [, date] = /X-Amz-Date=(\w+)/.exec(target) ?? [];
    const isSigned = target.includes(hash("sha256", `${accessKeyId}${date}${signedId}`));
    return identity === undefined || !isSigned || sts.refused.has(accessKeyId)
      ? { status: 403, body: '{"Error":{"Code":"SignatureDoesNotMatch"}}', requestId: "sts-1" }
      : { status: 200, body: identityBody(identity), requestId: "sts-1" };
  };
  const services = fakeServices({ ...MAPPED, ...stored, callers }, { askSts });
  const { clock, lines, parameters } = services;
  const handler = handlerOf(services, { callerAuth: "bearer", ...settings });
  const review = (
    bearer: string,
    { token = sign("alice", { id: "test", at: clock() }), event = {} } = {},
  ) =>
    handler(
      gatewayEvent(reviewBody(token), { headers: { authorization: `Bearer ${bearer}` }, ...event }),
    );
  return {
    ...{ clock, parameters, calls, sts, lines, review },
    status: async (bearer: string) => (await review(bearer)).statusCode,
    callerCalls: () => calls.filter(({ signedId }) => signedId === "test:caller"),
    last: (): Record<string, never> => JSON.parse(lines.at(-1) ?? ""),
  };
}
