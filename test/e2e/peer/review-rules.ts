// Requests and other kinds of tokens, and the format of responses.

import type { Conditions } from "./case.ts";
import type { Outcome, User } from "./outcome.ts";

export const REVIEW_RULES: Conditions = {
  "2: a token of another kind is not authenticated, without an error": ({ token }) => !token.startsWith("k8s-aws-v1."),
  "2: no token: 400": ({ kind }) => kind === "body: no token",
  "2: invalid JSON, not a TokenReview, or an unknown version: 400": ({ body }) => {
    const usual =
      /^\{("unknown":\[\{\}\],)?"kind":"TokenReview","apiVersion":"authentication\.k8s\.io\/v1(beta1)?","metadata":\{"creationTimestamp":null\},"spec":\{"token":.*\},"status":\{"user":\{\}\}\}\s*$/s;
    return !usual.test(body);
  },
  "2: a body over 64 KiB: 413": ({ body }) => body.length > 65_536,
};

/** Formats of responses with the same decision. */
export const FORM_RULES: Readonly<Record<string, (ours: Outcome, theirs: Outcome) => boolean>> = {
  "2: a denial is a 200 with its reason, which kube-apiserver logs": (ours, theirs) =>
    ours.decision === "denied" && theirs.decision === "denied",
  "2: `apiVersion` of the answer is the request's": (ours, theirs) =>
    ours.apiVersion?.startsWith("authentication.k8s.io/v1") === true && theirs.apiVersion === undefined,
  "2: extra holds `accountId`": ({ user }, theirs) =>
    user?.extra["accountId"]?.length === 1 && theirs.user?.extra["accountId"] === undefined,
  "2: extra: empty values are omitted": ({ user }, theirs) =>
    user !== undefined && user.extra["sessionName"] === undefined && theirs.user?.extra["sessionName"]?.join() === "",
};

/** The peer's user with the format rules applied, for comparison with ours. */
export function asOurs({ extra, ...user }: User): User {
  const filled = Object.entries(extra).filter(([, [value]]) => value !== "");
  const account = user.uid.split(":")[1] ?? "";
  return { ...user, extra: { ...Object.fromEntries(filled), accountId: [account] } };
}
