// Rules for a token's query that the peer does not have: it grants every query that STS accepts.

import type { UrlFacts } from "./case.ts";
import { type Rule, tokenRule } from "./rule.ts";

const PAIR = /^(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+=(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})*$/;
const REQUIRED = [
  ...["Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"],
  ...["X-Amz-SignedHeaders", "X-Amz-Signature"],
];
const CANONICAL = new Set([...REQUIRED, "X-Amz-Security-Token"]);

const code = "token_parameter_refused";

export const QUERY_RULES: readonly Rule[] = [
  tokenRule({
    says: "each of eight names exactly once",
    code,
    peer: "`token.go` Verify: asks for four of them",
    holds: ({ names }) => REQUIRED.some((name) => !names.includes(name.toLowerCase())),
  }),
  tokenRule({
    section: "11",
    says: "names and values of unreserved characters and `%XX` only",
    code,
    peer: "`token.go` Verify: `url.ParseQuery`",
    holds: ({ pairs }) => pairs.some((pair) => pair !== "" && !PAIR.test(pair)),
  }),
  tokenRule({
    says: "the query contains only names and values, no empty pair",
    code,
    peer: "`token.go` Verify: `url.ParseQuery` skips it",
    holds: ({ pairs }) => pairs.includes(""),
  }),
  tokenRule({
    section: "11",
    says: "names and values decode to printable ASCII",
    code,
    peer: "`token.go` Verify: not checked",
    holds: ({ names, value }) => names.some((name) => /[^\x20-\x7e]/.test(name + value(name))),
  }),
  tokenRule({
    section: "11",
    says: "an empty security token is refused",
    code,
    peer: "`token.go` Verify: not checked",
    holds: ({ value }) => value("x-amz-security-token") === "",
  }),
  tokenRule({
    says: "Version is `2011-06-15`",
    code,
    peer: "`token.go` Verify: left to STS",
    holds: otherThan("version", /^2011-06-15$/),
  }),
  tokenRule({
    says: "Algorithm is `AWS4-HMAC-SHA256`",
    code,
    peer: "`token.go` Verify: left to STS",
    holds: otherThan("x-amz-algorithm", /^AWS4-HMAC-SHA256$/),
  }),
  tokenRule({
    says: "Credential is `<access key id>/<yyyymmdd>/<region>/sts/aws4_request`",
    code,
    peer: "`token.go` Verify: the key id is everything before the first `/`",
    holds: otherThan("x-amz-credential", /^[^/]+\/\d{8}\/[a-z0-9-]+\/sts\/aws4_request$/),
  }),
  tokenRule({
    says: "an access key id is 16 to 128 letters, digits and `_`, as in IAM's API reference",
    code,
    peer: "`token.go` Verify: anything",
    holds: otherThan("x-amz-credential", /^\w{16,128}(\/|$)/),
  }),
  tokenRule({
    says: "Credential's date equals X-Amz-Date's",
    code,
    peer: "`token.go` Verify: left to STS",
    holds: ({ value }) => {
      const day = value("x-amz-credential")?.split("/")[1];
      return day !== undefined && day !== value("x-amz-date")?.slice(0, 8);
    },
  }),
  tokenRule({
    says: "Date is `yyyymmddThhmmssZ`",
    code,
    peer: "`token.go` Verify: Go's `time.Parse` takes fractions of a second",
    holds: otherThan("x-amz-date", /^\d{8}T\d{6}Z$/),
  }),
  tokenRule({
    section: "11",
    says: "Expires has no sign and no leading zero",
    code,
    peer: "`token.go` Verify: Go's `strconv.Atoi`",
    holds: otherThan("x-amz-expires", /^(0|[1-9]\d*)$/),
  }),
  tokenRule({
    says: "SignedHeaders is `host;x-k8s-aws-id`: another header cannot be reproduced",
    code: "token_headers_refused",
    peer: "`token.go` hasSignedClusterIDHeader: the second one among others",
    holds: otherThan("x-amz-signedheaders", /^host;x-k8s-aws-id$/i),
  }),
  tokenRule({
    section: "3, 11",
    says: "Signature is 64 hex digits, in lower case",
    code,
    peer: "`token.go` Verify: not checked",
    holds: otherThan("x-amz-signature", /^[0-9a-f]{64}$/),
  }),
  {
    section: "11",
    says: "names are sent to STS in their canonical spelling",
    ours: "granted",
    theirs: "denied",
    peer: "`token.go` Verify: as they are written, which the local STS does not know",
    holds: ({ url }) => url?.spelled.some((name) => !CANONICAL.has(name)) === true,
  },
];

/** The parameter exists and does not have this form. */
function otherThan(name: string, form: RegExp): (url: UrlFacts) => boolean {
  return ({ value }) => value(name) !== undefined && !form.test(value(name) ?? "");
}
