// Rules for STS responses that the servers handle differently: an outage is not a denial, and only an exact response is a grant.

import type { Facts } from "./case.ts";
import type { Rule } from "./rule.ts";

const UNUSABLE = "fault (sts_answer_unusable)";
const UNREACHABLE = "fault (sts_unreachable)";
const VERIFY = "`token.go` Verify";

/** AWS throttling codes without the word that the peer searches for. */
const OTHER_THROTTLING = ["RequestLimitExceeded", "SlowDown", "TooManyRequestsException", "ThrottledException"];

/** Codes of an endpoint policy or a failing service, which do not concern the token. */
const NOT_OF_THE_TOKEN = ["AccessDenied", "InternalFailure", "RequestTimeout", "ServiceUnavailable"];

export const ANSWER_RULES: readonly Rule[] = [
  {
    section: "11",
    says: "a 5xx is a fault, after the retry",
    ours: UNUSABLE,
    theirs: "denied",
    peer: `${VERIFY}: 403, as for a bad token`,
    holds: ({ answer }) => statusIs(answer, 500, 599) && !/Throttling/.test(answer?.text ?? ""),
  },
  {
    section: "11",
    says: "throttling codes are an exact list, not a search in free text (a fault stays a fault)",
    ours: UNUSABLE,
    theirs: "throttled",
    peer: `${VERIFY}: "Throttling" anywhere in the body`,
    holds: ({ answer }) =>
      (statusIs(answer, 500, 599) || isNotOfTheToken(answer)) && /Throttling/.test(answer?.text ?? ""),
  },
  {
    section: "11",
    says: "throttling codes are an exact list, not a search in free text (a refusal stays a denial)",
    ours: "denied (sts_refused)",
    theirs: "throttled",
    peer: `${VERIFY}: "Throttling" anywhere in the body`,
    holds: ({ answer }) => isRefusal(answer),
  },
  {
    section: "11",
    says: "a code that does not concern the token is a fault",
    ours: UNUSABLE,
    theirs: "denied",
    peer: `${VERIFY}: 403, as for a bad token`,
    holds: ({ answer }) => isNotOfTheToken(answer),
  },
  {
    section: "11",
    says: "a status of 429 is throttling, whatever the body",
    ours: "throttled (sts_throttled)",
    theirs: "denied",
    peer: `${VERIFY}: only by the word in the body`,
    holds: ({ answer }) => answer?.status === 429,
  },
  {
    section: "11",
    says: "every AWS throttling code is throttling",
    ours: "throttled (sts_throttled)",
    theirs: "denied",
    peer: `${VERIFY}: only by the word "Throttling"`,
    holds: ({ answer }) => OTHER_THROTTLING.includes(codeOf(answer)),
  },
  {
    section: "11",
    says: "a 4xx without an STS error code is a fault",
    ours: UNUSABLE,
    theirs: "denied",
    peer: `${VERIFY}: 403, as for a bad token`,
    holds: ({ answer }) => statusIs(answer, 400, 499) && codeOf(answer) === "",
  },
  {
    section: "11",
    says: "a 2xx other than 200 is a fault",
    ours: UNUSABLE,
    theirs: "denied",
    peer: `${VERIFY}: 403, as for a bad token`,
    holds: ({ answer }) => statusIs(answer, 201, 299),
  },
  {
    section: "3, 11",
    says: "no redirects; a 3xx is a fault",
    ours: UNUSABLE,
    theirs: "denied",
    peer: `${VERIFY}: not followed either; 403`,
    holds: ({ answer }) => statusIs(answer, 300, 399),
  },
  {
    section: "11",
    says: "a 200 in another format is a fault",
    ours: UNUSABLE,
    theirs: "denied",
    peer: `${VERIFY}: 403, as for a bad token`,
    holds: ({ answer, second }) => (answer?.status === 200 && !namesSomebody(answer.text)) || second?.kind === "flood",
  },
  {
    section: "4, 11",
    says: "the complete body is parsed, with case-sensitive names",
    ours: UNUSABLE,
    theirs: "granted",
    peer: `${VERIFY}: Go's \`json.Unmarshal\` takes names in any case, and none`,
    holds: ({ answer }) => answer?.status === 200 && answer.text.length <= 65_536 && !namesSomebody(answer.text),
  },
  {
    section: "4",
    says: "additional members are ignored, since AWS may add some",
    ours: "granted",
    theirs: "denied",
    peer: `${VERIFY}: Go's \`json.Unmarshal\` wants an object and a text in \`ResponseMetadata\``,
    holds: ({ answer }) =>
      answer?.status === 200 &&
      namesSomebody(answer.text) &&
      /"ResponseMetadata":(?!\{"RequestId":"[^"]*"\})/.test(answer.text),
  },
  {
    section: "3",
    says: "a response may be at most 64 KiB",
    ours: UNUSABLE,
    theirs: "granted",
    peer: `${VERIFY}: \`io.ReadAll\``,
    holds: ({ answer }) => answer !== undefined && answer.text.length > 65_536,
  },
  {
    section: "2",
    says: "an unreachable or slow STS is a fault",
    ours: UNREACHABLE,
    theirs: "denied",
    peer: `${VERIFY}: 403, as for a bad token`,
    holds: ({ second }) => ["reset", "cut", "stall", "silent"].includes(second?.kind ?? ""),
  },
  {
    section: "3",
    says: "one retry on a connection failure or 5xx",
    ours: "granted",
    theirs: "denied",
    peer: `${VERIFY}: asks once`,
    holds: ({ first, second }) =>
      second === undefined && (first?.kind === "silent" || (first?.kind === "answer" && first.status >= 500)),
  },
];

type Answer = Facts["answer"];

function statusIs(answer: Answer, from: number, to: number): boolean {
  return answer !== undefined && answer.status >= from && answer.status <= to;
}

/** The error code; `""` if there is none. */
function codeOf(answer: Answer): string {
  return /^\{"Error":\{"Code":"([^"]*)"/.exec(answer?.text ?? "")?.[1] ?? "";
}

function isNotOfTheToken(answer: Answer): boolean {
  return statusIs(answer, 400, 428) && NOT_OF_THE_TOKEN.includes(codeOf(answer));
}

function isRefusal(answer: Answer): boolean {
  const code = codeOf(answer);
  return statusIs(answer, 400, 428) && code !== "" && !/^Throttl/.test(code) && !NOT_OF_THE_TOKEN.includes(code);
}

/** Exactly three texts in the expected place; ignores other fields. */
function namesSomebody(text: string): boolean {
  try {
    const result = JSON.parse(text)?.GetCallerIdentityResponse?.GetCallerIdentityResult;
    return ["Account", "Arn", "UserId"].every((name) => typeof result?.[name] === "string");
  } catch {
    return false;
  }
}
