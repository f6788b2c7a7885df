// STS responses that replace the normal one: errors, faults, and other formats.

import type { Fault } from "../../../local/faults.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import type { Random } from "./random.ts";

/** STS's behavior for each request of a token in order; `undefined`: normal. */
export type StsBehaviour = readonly (Fault | undefined)[];

type Behave = (identity: LocalIdentity, random: Random) => StsBehaviour;

export type Told = Pick<LocalIdentity, "arn" | "account" | "userId">;

const JSON_TYPE = { "content-type": "application/json" };

export function answering(status: number, body: string, headers: Readonly<Record<string, string>> = JSON_TYPE): Fault {
  return { kind: "answer", status, headers, body };
}

/** The response with an identity, in STS's format. */
export function naming({ arn, account, userId }: Told): Fault {
  const GetCallerIdentityResult = { Account: account, Arn: arn, UserId: userId };
  return answering(200, identityJson(GetCallerIdentityResult));
}

function identityJson(result: unknown, metadata: unknown = { RequestId: "local" }): string {
  return JSON.stringify({
    GetCallerIdentityResponse: { GetCallerIdentityResult: result, ResponseMetadata: metadata },
  });
}

function errorJson(code: string, message: string): string {
  return JSON.stringify({ Error: { Code: code, Message: message, Type: "Sender" }, RequestId: "local" });
}

const error = (statuses: readonly number[], codes: readonly string[], message = "as it says"): Behave => {
  return (_, { pick }) => [answering(pick(statuses), errorJson(pick(codes), message))];
};

const body = (statuses: readonly number[], bodies: readonly string[]): Behave => {
  return (_, { pick }) => [answering(pick(statuses), pick(bodies))];
};

/** A 200 whose three fields are edited. */
const ofShape = (edit: (result: Record<string, unknown>, random: Random) => string): Behave => {
  return ({ arn, account, userId }, random) => [
    answering(200, edit({ Account: account, Arn: arn, UserId: userId }, random)),
  ];
};

/** AWS throttling codes without the word that the peer searches for. */
export const OTHER_THROTTLING = ["RequestLimitExceeded", "SlowDown", "TooManyRequestsException", "ThrottledException"];

const PAGE = "<html><head><title>502 Bad Gateway</title></head></html>";

export const STS_ANSWERS: Readonly<Record<string, Behave>> = {
  "refused, with a code": error(
    [400, 403, 404],
    ["SignatureDoesNotMatch", "InvalidClientTokenId", "ExpiredToken", "InvalidAction"],
  ),
  "refused, and not for the token": error([400, 403], ["AccessDenied", "InternalFailure", "RequestTimeout"]),
  "refused, without a code": body(
    [400, 403, 404, 407, 418],
    ["", PAGE, "{}", '{"Error":"AccessDenied"}', '{"message":"Forbidden"}', "[]", "null"],
  ),
  "refused, and the text says Throttling": error(
    [403],
    ["AccessDenied", "InvalidAction"],
    "of Throttling nothing is known",
  ),

  "throttled: Throttling": error([400], ["Throttling", "ThrottlingException"], "Rate exceeded"),
  "throttled: Throttling, 429": error([429], ["Throttling", "ThrottlingException"], "Rate exceeded"),
  "throttled: another code": error([400], OTHER_THROTTLING),
  "throttled: 429 alone": body([429], ["", PAGE, "{}", errorJson("Busy", "later")]),
  "throttled: with a 503": error([503], ["Throttling"], "Rate exceeded"),

  "5xx": body([500, 502, 503, 504], ["", PAGE, errorJson("InternalFailure", "x")]),
  "5xx, and a page says Throttling": body([500, 502, 503], ["<p>Throttling or not</p>"]),
  "5xx once": (_, random) => [answering(random.pick([500, 502, 503]), random.pick(["", PAGE])), undefined],
  "another 2xx": (identity, { pick }) => [{ ...naming(identity), status: pick([201, 202, 203, 206]) } as Fault],
  "204, which has no body": () => [answering(204, "", {})],
  "a redirect": (_, random) => [
    answering(random.pick([301, 302, 303, 307, 308]), "", {
      location: "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity",
    }),
  ],
  "a connection that is reset": () => [{ kind: "reset" }],
  "a body that is cut off": ({ arn }) => [
    { kind: "cut", body: `{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Arn":"${arn}"` },
  ],

  "no JSON": body([200], ["", PAGE, "{", "OK", "\ufeff{}", '{"a":1}{"a":1}']),
  XML: ({ arn }) => [answering(200, `<GetCallerIdentityResponse><Arn>${arn}</Arn></GetCallerIdentityResponse>`, {})],
  "JSON of something else": body(
    [200],
    ["{}", "null", "[]", '"arn"', "17", '{"Error":{}}', identityJson(null), identityJson({})],
  ),
  "something behind the JSON": ofShape((result, random) => identityJson(result) + random.pick(["x", "{}", "\0"])),
  "white space around the JSON": ofShape(
    (result, random) => random.pick([" ", "\n", "\r\n\t"]) + identityJson(result) + random.pick(["", "\n"]),
  ),
  "a field of another type": ofShape((result, random) => {
    const name = random.pick(["Account", "Arn", "UserId"]);
    return identityJson({ ...result, [name]: random.pick([17, true, [result[name]], { value: result[name] }]) });
  }),
  "a field that is null": ofShape((result, { pick }) => identityJson({ ...result, [pick(["Arn", "UserId"])]: null })),
  "no UserId": ofShape(({ Account, Arn }) => identityJson({ Account, Arn })),
  "no Account": ofShape(({ Arn, UserId }) => identityJson({ Arn, UserId })),
  "one more field": ofShape((result, { pick }) => identityJson({ ...result, [pick(["Extra", "ArnLike", "$"])]: "x" })),
  "one more answer": ofShape((result) => identityJson(result).replace(/^\{/, '{"GetSessionTokenResponse":{},')),
  "names in other letters": ofShape(({ Account, Arn, UserId }) =>
    identityJson({ account: Account, ARN: Arn, userid: UserId }),
  ),
  "a field twice": ofShape((result) =>
    identityJson(result).replace('"Arn":', '"Arn":"arn:aws:iam::777788889999:user/x","Arn":'),
  ),
  "without metadata": ofShape((result) =>
    JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult: result } }),
  ),
  "metadata of another type": ofShape((result, random) =>
    identityJson(result, random.pick([17, "x", [], { RequestId: 17 }])),
  ),
  "a page's content type": (identity) => [{ ...naming(identity), headers: { "content-type": "text/html" } } as Fault],
  "huge, with blanks": ofShape((result, random) => identityJson(result) + " ".repeat(random.between(65_536, 200_000))),
  "huge, of nothing": (_, random) => [{ kind: "flood", bytes: random.between(100_000, 2_000_000) }],
};

/** Slow, since both servers wait: ours 2 s for each of two attempts, the peer 10 s. */
export const SILENT_ANSWERS: Readonly<Record<string, Behave>> = {
  "no answer at all": () => [{ kind: "silent" }],
  "an answer that stops": () => [{ kind: "stall", body: "{" }],
  "no answer once": () => [{ kind: "silent" }, undefined],
};
