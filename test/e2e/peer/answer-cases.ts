// Answers of STS that the servers read differently: an outage is not a denial, and only an identity
// that STS can return is granted.

import type { Fault } from "../../../local/aws/http-server.ts";
import { goodToken, identityOf, ROLE_ID, role, type Told, USER_ID, user } from "./identities.ts";
import { HOME, STRANGE, TEAM } from "./mappings.ts";

export interface Case {
  readonly token?: string;
  /** Default: a TokenReview of the token. */
  readonly body?: string;
  /** What STS does instead of verifying, for each request; the last one repeats. */
  readonly sts?: readonly (Fault | undefined)[];
}
/** At the time of the review, since a token has a date. */
export type Make = () => Case | Promise<Case>;
export type Cases = Readonly<Record<string, readonly Make[]>>;

const JSON_TYPE = { "content-type": "application/json" };

function answering(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
): Fault {
  return { kind: "answer", status, headers, body };
}

function identityJson(result: unknown, ResponseMetadata: unknown = { RequestId: "local" }): string {
  return JSON.stringify({
    GetCallerIdentityResponse: { GetCallerIdentityResult: result, ResponseMetadata },
  });
}

export function naming({ arn, account, userId }: Told): Fault {
  return answering(200, identityJson({ Account: account, Arn: arn, UserId: userId }));
}

function failing(status: number, code: string, message = "as it says"): Fault {
  return answering(
    status,
    JSON.stringify({ Error: { Code: code, Message: message }, RequestId: "local" }),
  );
}

const { arn: Arn, account: Account, userId: UserId } = identityOf("developer");
const NAMED = identityJson({ Account, Arn, UserId });

export const THROTTLING = failing(400, "Throttling", "Rate exceeded");

export const sts =
  (...answers: NonNullable<Case["sts"]>): Make =>
  async () => ({ token: await goodToken(), sts: answers });
const each = (...answers: readonly Fault[]): Make[] => answers.map((answer) => sts(answer));
const pages = (...bodies: readonly string[]): Make[] =>
  bodies.map((text) => sts(answering(200, text)));

// biome-ignore format: a table
export const ANSWER_CASES: Cases = {
  "11: a 5xx is a fault, after the retry": each(answering(500, ""), failing(503, "InternalFailure")),
  "11: throttling codes are an exact list, not a search in free text (a fault stays a fault)": each(
    answering(503, "<p>Throttling or not</p>"),
    failing(403, "AccessDenied", "of Throttling nothing is known"),
  ),
  "11: throttling codes are an exact list, not a search in free text (a refusal stays a denial)": each(failing(403, "InvalidAction", "of Throttling nothing is known")),
  "11: a code that does not concern the token is a fault": each(failing(403, "AccessDenied")),
  "11: a status of 429 is throttling, whatever the body": each(answering(429, ""), failing(429, "Busy")),
  "11: every AWS throttling code is throttling": each(failing(400, "SlowDown"), failing(400, "RequestLimitExceeded")),
  "11: a 4xx without an STS error code is a fault": each(answering(403, ""), answering(400, "{}")),
  "11: a 2xx other than 200 is a fault": each(answering(202, NAMED), answering(204, "", {})),
  "3, 11: no redirects; a 3xx is a fault": each(answering(302, "", { location: "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity" })),
  "11: a 200 in another format is a fault": pages("", "{", "[]", "<Arn>", identityJson({ Account, Arn })),
  "4, 11: the complete body is parsed, with case-sensitive names": pages(identityJson({ account: Account, ARN: Arn, userid: UserId })),
  "4: additional members are ignored, since AWS may add some": pages(identityJson({ Account, Arn, UserId }, 17)),
  "3: a response may be at most 64 KiB": pages(NAMED + " ".repeat(65_536)),
  "2: an unreachable or slow STS is a fault": each({ kind: "reset" }, { kind: "cut", body: NAMED.slice(0, 40) }),
  "3: one retry on a connection failure or 5xx": [sts(answering(503, ""), undefined)],
};

const named = (...told: readonly Told[]): Make[] => each(...told.map(naming));

// biome-ignore format: a table
export const IDENTITY_CASES: Cases = {
  "4: the ARN's partition equals the function's": named({ ...user(TEAM, "user/odd"), arn: `arn:aws-cn:iam::${TEAM}:user/odd` }),
  "4: the account inside the ARN equals `Account`": named({ ...role(HOME, "Developers"), account: STRANGE }, { ...user(STRANGE, "user/odd"), account: TEAM }),
  "4, 11: users, assumed roles, federated users and root; no other kind, no role with a path": named(user(TEAM, "root/odd", TEAM), role(TEAM, "team/Known")),
  "11: the session in UserId is the ARN's": named({ ...role(HOME, "Developers"), userId: `${ROLE_ID}:another` }),
  "4: UserId matches the kind of identity": named(user(TEAM, "user/odd", `${USER_ID}:odd`), user(HOME, "root", STRANGE), { ...role(HOME, "Developers", "odd"), userId: "aroa:odd" }),
  "4: names and sessions have IAM's characters and length": named(user(TEAM, "user/o dd"), user(TEAM, `user/${"o".repeat(200)}`), role(HOME, "Developers", "{{AccessKeyID}}")),
};
