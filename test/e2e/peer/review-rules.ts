// Rules for requests and other kinds of tokens, and for the format of responses.

import type { Outcome, User } from "./outcome.ts";
import type { Rule } from "./rule.ts";

const AUTHENTICATE = "`server.go` authenticateEndpoint";

export const REVIEW_RULES: readonly Rule[] = [
  {
    section: "2",
    says: "a token of another kind is not authenticated, without an error",
    ours: "not ours",
    theirs: "denied",
    peer: `${AUTHENTICATE}: 403, as for a bad token`,
    holds: ({ token }) => !token.startsWith("k8s-aws-v1."),
  },
  {
    section: "2",
    says: "no token: 400",
    ours: "bad request (review_malformed)",
    theirs: "denied",
    peer: `${AUTHENTICATE}: 403, as for a bad token`,
    holds: ({ kind }) => kind === "body: no token",
  },
  {
    section: "2",
    says: "invalid JSON, not a TokenReview, or an unknown version: 400",
    ours: "bad request (review_malformed)",
    theirs: "granted",
    peer: `${AUTHENTICATE}: Go's JSON decoder, which stops after the first value; version and kind are not checked`,
    holds: ({ body }) => {
      const usual =
        /^\{("unknown":\[\{\}\],)?"kind":"TokenReview","apiVersion":"authentication\.k8s\.io\/v1(beta1)?","metadata":\{"creationTimestamp":null\},"spec":\{"token":.*\},"status":\{"user":\{\}\}\}\s*$/s;
      return !usual.test(body);
    },
  },
  {
    section: "2",
    says: "a body over 64 KiB: 413",
    ours: "bad request (body_too_large)",
    theirs: "granted",
    peer: `${AUTHENTICATE}: no limit`,
    holds: ({ body }) => body.length > 65_536,
  },
];

/** A rule for the format of responses with the same decision. */
export interface FormRule {
  readonly section: string;
  readonly says: string;
  readonly ours: string;
  readonly theirs: string;
  readonly peer: string;
  readonly shows: (ours: Outcome, theirs: Outcome) => boolean;
}

export const FORM_RULES: readonly FormRule[] = [
  {
    section: "2",
    says: "a denial is a 200 with its reason, which kube-apiserver logs",
    ours: "200, with `error`",
    theirs: "403, without",
    peer: `${AUTHENTICATE}; kube-apiserver logs \`unknown\``,
    shows: (ours, theirs) => ours.decision === "denied" && theirs.decision === "denied",
  },
  {
    section: "2",
    says: "`apiVersion` of the answer is the request's",
    ours: "in each grant",
    theirs: "left out",
    peer: AUTHENTICATE,
    shows: (ours, theirs) =>
      ours.apiVersion?.startsWith("authentication.k8s.io/v1") === true && theirs.apiVersion === undefined,
  },
  {
    section: "2",
    says: "extra holds `accountId`",
    ours: "in each grant",
    theirs: "left out",
    peer: AUTHENTICATE,
    shows: ({ user }, theirs) =>
      user?.extra["accountId"]?.length === 1 && theirs.user?.extra["accountId"] === undefined,
  },
  {
    section: "2",
    says: "extra: empty values are omitted",
    ours: "no `sessionName` without session",
    theirs: '`sessionName: [""]`',
    peer: AUTHENTICATE,
    shows: ({ user }, theirs) =>
      user !== undefined && user.extra["sessionName"] === undefined && theirs.user?.extra["sessionName"]?.join() === "",
  },
];

/** The peer's user with the format rules applied, for comparison with ours. */
export function asOurs({ extra, ...user }: User): User {
  const filled = Object.entries(extra).filter(([, [value]]) => value !== "");
  const account = user.uid.split(":")[1] ?? "";
  return { ...user, extra: { ...Object.fromEntries(filled), accountId: [account] } };
}
