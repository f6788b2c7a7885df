// STS responses that the servers handle differently: an outage is not a denial, and only an exact response is a grant.

import type { Conditions, Facts } from "./case.ts";
import { OTHER_THROTTLING } from "./sts-answers.ts";

/** Codes of an endpoint policy or a failing service, which do not concern the token. */
const NOT_OF_THE_TOKEN = ["AccessDenied", "InternalFailure", "RequestTimeout", "ServiceUnavailable"];

export const ANSWER_RULES: Conditions = {
  "11: a 5xx is a fault, after the retry": ({ answer }) =>
    statusIs(answer, 500, 599) && !/Throttling/.test(answer?.text ?? ""),
  "11: throttling codes are an exact list, not a search in free text (a fault stays a fault)": ({ answer }) =>
    (statusIs(answer, 500, 599) || isNotOfTheToken(answer)) && /Throttling/.test(answer?.text ?? ""),
  "11: throttling codes are an exact list, not a search in free text (a refusal stays a denial)": ({ answer }) =>
    isRefusal(answer),
  "11: a code that does not concern the token is a fault": ({ answer }) => isNotOfTheToken(answer),
  "11: a status of 429 is throttling, whatever the body": ({ answer }) => answer?.status === 429,
  "11: every AWS throttling code is throttling": ({ answer }) => OTHER_THROTTLING.includes(codeOf(answer)),
  "11: a 4xx without an STS error code is a fault": ({ answer }) => statusIs(answer, 400, 499) && codeOf(answer) === "",
  "11: a 2xx other than 200 is a fault": ({ answer }) => statusIs(answer, 201, 299),
  "3, 11: no redirects; a 3xx is a fault": ({ answer }) => statusIs(answer, 300, 399),
  "11: a 200 in another format is a fault": ({ answer, second }) =>
    (answer?.status === 200 && !namesSomebody(answer.text)) || second?.kind === "flood",
  "4, 11: the complete body is parsed, with case-sensitive names": ({ answer }) =>
    answer?.status === 200 && answer.text.length <= 65_536 && !namesSomebody(answer.text),
  "4: additional members are ignored, since AWS may add some": ({ answer }) =>
    answer?.status === 200 &&
    namesSomebody(answer.text) &&
    /"ResponseMetadata":(?!\{"RequestId":"[^"]*"\})/.test(answer.text),
  "3: a response may be at most 64 KiB": ({ answer }) => answer !== undefined && answer.text.length > 65_536,
  "2: an unreachable or slow STS is a fault": ({ second }) =>
    ["reset", "cut", "stall", "silent"].includes(second?.kind ?? ""),
  "3: one retry on a connection failure or 5xx": ({ first, second }) =>
    second === undefined && (first?.kind === "silent" || (first?.kind === "answer" && first.status >= 500)),
};

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
