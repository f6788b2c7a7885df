// Fixtures of these tests: identities, a stopped clock, tokens, and in-memory services.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import {
  createAuthenticator,
  type Dependencies,
} from "../../../functions/authenticator/handler.ts";
import {
  type VerifiedIdentity,
  verifyIdentity,
} from "../../../functions/authenticator/identity/identity.ts";
import type { AskSts } from "../../../functions/authenticator/identity/prove-identity.ts";
import type { TokenReviewStatus } from "../../../functions/authenticator/review/token-review.ts";
import { readSettings, type Settings } from "../../../functions/authenticator/settings.ts";
import { SERVICES } from "../../../functions/aws/services.ts";
import type { Clock, Deadline } from "../../../functions/lib/deadline.ts";
import type { FetchParameters } from "../../../functions/parameters/parameter-cache.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { LOCAL_IDENTITIES, localIdentity } from "../../local-aws.ts";
import { guarded, unguarded } from "../guards.ts";
import { tokenWith } from "./token/samples.ts";

export const NOW = Date.UTC(2026, 10, 24, 16, 0, 0);
export const HOME = "111122223333";
export const OTHER = "444455556666";
export const PREFIX = "/iam-authenticator/test";

export const DEVELOPERS = {
  arn: `arn:aws:iam::${HOME}:role/Developers`,
  username: "dev",
  groups: ["g"],
};
export const MAPPED = { [`role/${HOME}/developers`]: DEVELOPERS };

export function fixedClock(start = NOW) {
  let now = start;
  const advance = (ms: number): void => {
    now += ms;
  };
  return Object.assign(() => now, { advance });
}

export const deadlineOf = (clock: Clock): Deadline => ({ at: clock() + 5_000, clock });

export function verified(name: string): VerifiedIdentity {
  const { account, arn, userId, accessKeyId } = localIdentity(name);
  return verifyIdentity({ Account: account, Arn: arn, UserId: userId }, "aws", accessKeyId);
}

export function roleIdentity(roleName: string, session = "s", account = HOME): VerifiedIdentity {
  const Arn = `arn:aws:sts::${account}:assumed-role/${roleName}/${session}`;
  return verifyIdentity(
    { Account: account, Arn, UserId: `AROALOCAL:${session}` },
    "aws",
    "ASIALOCALAAAAAAAAAAA",
  );
}

export function identityBody({
  account,
  arn,
  userId,
}: Pick<LocalIdentity, "account" | "arn" | "userId">): string {
  const GetCallerIdentityResult = { Account: account, Arn: arn, UserId: userId };
  const ResponseMetadata = { RequestId: "01234567-89ab-cdef-0123-456789abcdef" };
  return JSON.stringify({
    GetCallerIdentityResponse: { GetCallerIdentityResult, ResponseMetadata },
  });
}

export function errorBody(Code: string): string {
  return JSON.stringify({
    Error: { Code, Message: "text of STS", Type: "Sender" },
    RequestId: "r",
  });
}

/** The same response in STS's XML, for clients that do not accept JSON. */
export function errorXml(Code: string): string {
  const error = `<Error>\n    <Type>Sender</Type>\n    <Code>${Code}</Code>\n    <Message>text of STS</Message>\n  </Error>`;
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  ${error}\n</ErrorResponse>\n`;
}

/**
 * A well-formed token. Its signature is only for a fake STS that knows identities by access key id.
 */
export function tokenFor(
  accessKeyId: string,
  { now = NOW, salt = "", region = "us-east-1" } = {},
): string {
  const date = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  const changes = {
    "X-Amz-Credential": `${accessKeyId}/${date.slice(0, 8)}/${region}/sts/aws4_request`,
    "X-Amz-Date": date,
    "X-Amz-Signature": hash("sha256", `${accessKeyId}${date}${salt}`),
  };
  return tokenWith(changes, `sts.${region}.amazonaws.com`);
}

export function tokenOf(name: string, now = NOW): string {
  return tokenFor(localIdentity(name).accessKeyId, { now });
}

export function settingsWith(changes: Partial<Settings> = {}): Settings {
  return {
    ...readSettings({ AWS_REGION: "us-east-1", CLUSTER_ID: "test", CALLER_AUTH: "none" }),
    ...changes,
  };
}

/**
 * Parameters without the prefix, such as `role/111122223333/developers`. A value that is not a
 * string becomes JSON.
 */
export type Stored = Record<string, unknown>;

/** Services that a test can replace by functions without a guard. */
export interface FakeServices extends Omit<Dependencies, "askSts" | "fetchParameters"> {
  readonly askSts: AskSts;
  readonly fetchParameters: FetchParameters;
}

/** Parameter Store has the guard of the function, and each call of STS reaches the fake. */
export function dependenciesOf({ askSts, fetchParameters, ...rest }: FakeServices): Dependencies {
  return {
    ...rest,
    askSts: unguarded(askSts),
    fetchParameters:
      "isFailing" in fetchParameters
        ? unguarded(fetchParameters)
        : guarded(SERVICES.parameterStore, fetchParameters, rest.clock),
  };
}

/**
 * STS knows the local identities, EC2 one node. `lines` were printed; `calls`: the keys for STS,
 * and the names for SSM.
 */
export function fakeServices(parameters: Stored = {}, changes: Partial<FakeServices> = {}) {
  const clock = fixedClock();
  const lines: string[] = [];
  const calls: { readonly sts: string[]; readonly ssm: (readonly string[])[] } = {
    sts: [],
    ssm: [],
  };
  const askSts: AskSts = async ({ accessKeyId }) => {
    calls.sts.push(accessKeyId);
    const known = LOCAL_IDENTITIES.find((identity) => identity.accessKeyId === accessKeyId);
    return known === undefined
      ? { status: 403, body: errorBody("InvalidClientTokenId"), requestId: "sts-1" }
      : { status: 200, body: identityBody(known), requestId: "sts-1" };
  };
  const fetchParameters: FetchParameters = async (names) => {
    calls.ssm.push(names);
    return new Map(
      names.flatMap((name) => {
        const value = parameters[name.slice(PREFIX.length + 1)];
        if (value === undefined) return [];
        return [
          [
            name,
            { value: typeof value === "string" ? value : JSON.stringify(value), secure: false },
          ],
        ];
      }),
    );
  };
  const findNodeName: Dependencies["findNodeName"] = async () => ({
    name: "ip-10-0-0-1.ec2.internal",
  });
  const print = (line: string): unknown => lines.push(line);
  const services = {
    askSts,
    fetchParameters,
    findNodeName,
    clock,
    print,
    parameters,
    lines,
    calls,
  };
  return { ...services, ...changes } as typeof services & FakeServices;
}

export function reviewBody(token: string, spec: Record<string, unknown> = {}): string {
  const spoken = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    metadata: { creationTimestamp: null },
  };
  return JSON.stringify({ ...spoken, spec: { token, ...spec }, status: { user: {} } });
}

export function gatewayEvent(body: string | undefined, changes: Record<string, unknown> = {}) {
  const requestContext = { http: { method: "POST" }, stage: "$default", requestId: "gateway-1" };
  const event = {
    version: "2.0",
    rawPath: "/authenticate",
    headers: {},
    body,
    isBase64Encoded: false,
  };
  return { ...event, requestContext, ...changes };
}

interface AnswerBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly status: TokenReviewStatus;
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
}

export function handlerOf(surroundings: FakeServices, settings: Partial<Settings> = {}) {
  const { handler } = createAuthenticator(settingsWith(settings), dependenciesOf(surroundings));
  return async (event: unknown, context = {}) => {
    const response = await handler(event, context);
    return { ...response, json: JSON.parse(response.body) as AnswerBody };
  };
}

export interface ReviewOptions {
  readonly stored?: Stored;
  readonly settings?: Partial<Settings>;
  readonly changes?: Partial<FakeServices>;
  readonly event?: Record<string, unknown>;
  readonly spec?: Record<string, unknown>;
  readonly context?: object;
}

/** One review by a new function: its response, its only log line, and the calls to services. */
export async function reviewOnce(token: string, options: ReviewOptions = {}) {
  const { stored = MAPPED, settings, changes, event, spec, context } = options;
  const services = fakeServices(stored, changes);
  const { calls, lines } = services;
  const response = await handlerOf(services, settings)(
    gatewayEvent(reviewBody(token, spec), event),
    context,
  );
  assert.equal(lines.length, 1);
  const text = lines[0] ?? "";
  return { ...response, calls, text, line: JSON.parse(text) };
}
