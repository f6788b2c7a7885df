// Reviews that the servers answer differently, by the rule of test/e2e/README.md that explains it,
// and reviews that both answer alike. Each is a token, and what differs from a usual review.

import { mintToken, type TokenOptions } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-files.ts";
import { reviewBody, V1 } from "../../system/answers.ts";
import { tokenOf } from "../../token.ts";
import {
  ANSWER_CASES,
  type Cases,
  IDENTITY_CASES,
  type Make,
  naming,
  sts,
  THROTTLING,
} from "./answer-cases.ts";
import {
  DENIED_BY_BOTH,
  GRANTED_BY_BOTH,
  goodToken,
  identityOf,
  type Name,
  type Presigned,
  presign,
  render,
} from "./identities.ts";

/** Whatever STS is sent, it names the signer: only the servers' own rules count. */
export const NAMED = [naming(identityOf("developer"))];
const MINUTE = 60_000;

const body =
  (of: (token: string) => string): Make =>
  async () => ({ body: of(await goodToken()) });
const token =
  (of: (good: string) => string): Make =>
  async () => ({ token: of(await goodToken()), sts: NAMED });
const url =
  (edit: (url: string) => string): Make =>
  async () => ({ token: tokenOf(edit(render(await presign()))), sts: NAMED });
const parts =
  (edit: (parts: Presigned) => Partial<Presigned>): Make =>
  async () => {
    const good = await presign();
    return { token: tokenOf(render({ ...good, ...edit(good) })), sts: NAMED };
  };
const signed =
  (given: () => Partial<TokenOptions>, sts?: typeof NAMED): Make =>
  async () => ({ token: await goodToken(given()), ...(sts && { sts }) });
const onHost = (host: string, region = host.split(".")[1] ?? ""): Make =>
  signed(() => ({ host, region }), NAMED);
const value = (name: string, edit: (value: string) => string): Make =>
  parts(({ query }) => ({
    query: query.map(([own, old]) => [own, own === name ? edit(old) : old]),
  }));
const values = (name: string, ...others: readonly string[]): Make[] =>
  others.map((other) => value(name, () => other));
const without = (...names: readonly string[]): Make[] =>
  names.map((name) => parts(({ query }) => ({ query: query.filter(([own]) => own !== name) })));
const credential = (edit: (parts: string[]) => string[]): Make =>
  value("X-Amz-Credential", (old) => edit(old.split("/")).join("/"));
const securityToken = (...raws: readonly string[]): Make[] =>
  raws.map((raw) => url((text) => text.replace(/(?<=X-Amz-Security-Token=)[^&]*/, raw)));
const by = (...names: readonly Name[]): Make[] =>
  names.map((name) => signed(() => ({ identity: identityOf(name) })));
const inLetters = (text: string) => text.replace(/[\w-]+(?==)/g, (name) => name.toLowerCase());

// biome-ignore format: a table
const TOKEN_CASES: Cases = {
  "3: strict canonical unpadded base64url": [token((good) => good.replace(/.{20}$/, "\n$&")), token((good) => good.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)))],
  "3: exactly `https://<host>/?<query>`: no other spelling of the scheme, no fragment": [url((text) => text.replace("https", "HTTPS")), url((text) => `${text}#x`)],
  "3: exactly `https://<host>/?<query>`: no user before the host": [parts(({ host }) => ({ host: `user@${host}` }))],
  "3: the host is an STS endpoint of a known region, spelled exactly": [onHost("sts.us-west-9.amazonaws.com")],
  "3: FIPS hosts only in the regions that AWS lists for them": [onHost("sts-fips.eu-west-1.amazonaws.com"), onHost("sts-fips.eu-west-1.api.aws")],
  "3: the host is in the function's partition": [onHost("sts.us-gov-west-1.amazonaws.com")],
  "3: Credential's region equals the host's; the global endpoint's is `us-east-1`": [credential((words) => words.with(2, "eu-west-3")), onHost("sts.amazonaws.com", "us-west-2")],
  "3: Date is not more than 15 min ahead": [signed(() => ({ now: Date.now() + 20 * MINUTE }), NAMED)],
  "3: each of eight names exactly once": without("Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"),
  "11: names and values of unreserved characters and `%XX` only": [...securityToken("x/", "x+", "x@"), url((text) => text.replaceAll("%2F", "/"))],
  "3: the query contains only names and values, no empty pair": [url((text) => text.replace("&", "&&"))],
  "11: names and values decode to printable ASCII": securityToken("x%00", "x%0A", "x%C3%A9"),
  "11: an empty security token is refused": securityToken(""),
  "3: Version is `2011-06-15`": values("Version", "2010-01-01"),
  "3: Algorithm is `AWS4-HMAC-SHA256`": values("X-Amz-Algorithm", "AWS4-HMAC-SHA1"),
  "3: Credential is `<access key id>/<yyyymmdd>/<region>/sts/aws4_request`": [credential((words) => words.slice(0, 4)), credential((words) => words.with(3, "s3"))],
  "3: an access key id is 16 to 128 letters, digits and `_`, as in IAM's API reference": [credential((words) => words.with(0, "short"))],
  "3: Credential's date equals X-Amz-Date's": [credential((words) => words.with(1, "20200101"))],
  "3: Date is `yyyymmddThhmmssZ`": [value("X-Amz-Date", (date) => date.replace("Z", ".5Z"))],
  "11: Expires has no sign and no leading zero": values("X-Amz-Expires", "+60", "060"),
  "3: SignedHeaders is `host;x-k8s-aws-id`: another header cannot be reproduced": values("X-Amz-SignedHeaders", "host;x-amz-date;x-k8s-aws-id", "x-k8s-aws-id;host"),
  "3, 11: Signature is 64 hex digits, in lower case": [value("X-Amz-Signature", (digits) => digits.slice(1)), value("X-Amz-Signature", (digits) => `A${digits.slice(1)}`)],
  // Without NAMED: the local STS verifies the request.
  "11: names are sent to STS in their canonical spelling": [async () => ({ token: tokenOf(inLetters(render(await presign()))) })],
};

// biome-ignore format: a table
const REVIEW_CASES: Cases = {
  "2: a token of another kind is not authenticated, without an error": [token(() => "eyJhbGciOiJub25lIn0.e30.c2ln"), token(() => "abcdef.0123456789abcdef"), token((good) => good.replace("v1", "v2"))],
  "2: no token: 400": ["", undefined, null].map((none) => body(() => reviewBody(V1, none))),
  "2: invalid JSON, not a TokenReview, or an unknown version: 400": [
    body((good) => reviewBody("authentication.k8s.io/v2", good)),
    body((good) => reviewBody(V1, good).replace("TokenReview", "tokenreview")),
    body((good) => reviewBody(V1, good).replace('"token"', '"TOKEN"')),
    body((good) => `${reviewBody(V1, good)}{}`),
  ],
  "2: a body over 64 KiB: 413": [body((good) => `${reviewBody(V1, good)}${" ".repeat(65_536)}`)],
};

// biome-ignore format: a table
const MAPPING_CASES: Cases = {
  "5: a role's path in the mapping's ARN is ignored": by("role with a path"),
  "5: a role's mapping takes precedence over its account's, with or without a path": by("role with a path, mapped account"),
  "5: a user's path is ignored": by("user at another path"),
  "11: the ARN of a federated user compares exactly": by("federated in other letters"),
  "5: a permission set's role is `AWSReservedSSO_<set>_<16 hex>`, so `View` is not `View_Admin`": by("longer set", "set without its suffix"),
  "5: the same in a mapped account: the account's user instead of the set's": by("longer set, mapped account"),
  "5: a permission set must be in the function's partition": by("set with a partition"),
  "5: an unknown placeholder is invalid": by("misspelt placeholder"),
  "11: a placeholder without a value for the identity is a denial": by("placeholder without value"),
  "11: `username` is required": by("no username"),
  "11: an empty group is invalid": by("empty group"),
  "5: reserved prefixes (`reserved:`) are checked on every group too": by("reserved group"),
  "5: `principalId`: only this role, not a later one with the same name": by("pinned, a later role"),
};

export const DIFFERENT: Cases = {
  ...REVIEW_CASES,
  ...TOKEN_CASES,
  ...ANSWER_CASES,
  ...IDENTITY_CASES,
  ...MAPPING_CASES,
};

export const ALIKE: Cases = {
  granted: [
    ...by(...GRANTED_BY_BOTH),
    async () => ({
      token: await mintToken({
        identity: identityOf("user"),
        clusterId: CLUSTER_ID,
        region: REGION,
      }),
    }),
    ...[
      "sts.eu-west-1.amazonaws.com",
      "sts.eu-west-1.api.aws",
      "sts-fips.us-east-2.amazonaws.com",
    ].map((host) => onHost(host)),
    onHost("sts.amazonaws.com", "us-east-1"),
    signed(() => ({ now: Date.now() - 14 * MINUTE })),
    body((good) => reviewBody(V1, good).replace("{", '{"unknown":[{}],')),
  ],
  denied: [
    ...by(...DENIED_BY_BOTH),
    ...without("Action", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"),
    ...values("Action", "AssumeRole", "getcalleridentity"),
    ...values("X-Amz-Date", "20260230T000000Z", "now", ""),
    ...values("X-Amz-Expires", "901", "-1", "60.0", ""),
    ...values("X-Amz-SignedHeaders", "host", "x-k8s-aws-id2;host"),
    ...securityToken("%zz", "%"),
    ...["s3.us-west-2.amazonaws.com", "vpce-0a1b2c3d.sts.us-west-2.vpce.amazonaws.com"].map(
      (host) => onHost(host, "us-west-2"),
    ),
    onHost("sts.cn-north-1.amazonaws.com.cn"),
    parts(() => ({ scheme: "http" })),
    parts(() => ({ path: "/sts" })),
    parts(({ host }) => ({ host: `${host}.example.com` })),
    url((text) => ` ${text}`),
    url((text) => `${text}&RoleArn=x`),
    url((text) => `${text}&${text.split("&").at(-1)}`),
    token((good) => `${good}==`),
    token((good) => `${good}%`),
    signed(() => ({ now: Date.now() - 20 * MINUTE })),
    signed(() => ({ clusterId: "another" })),
    signed(() => ({ identity: { ...identityOf("developer"), secretAccessKey: "another" } })),
  ],
  throttled: [sts(THROTTLING)],
  "bad request": ["", "{", "17", reviewBody(V1, 17), reviewBody(V1, "x", "vault")].map((text) =>
    body(() => text),
  ),
};
