// A token's base64, URL and query: the peer grants every token that STS accepts.

import { type Conditions, onUrl, type UrlFacts } from "./case.ts";
import { fipsHosts, REGIONS } from "./regions.ts";

const URL_RULES = onUrl({
  "3: strict canonical unpadded base64url": (_, { token }) => {
    const encoded = token.slice("k8s-aws-v1.".length);
    return Buffer.from(encoded, "base64url").toString("base64url") !== encoded;
  },
  "3: exactly `https://<host>/?<query>`: no other spelling of the scheme, no fragment": ({ text }) =>
    !text.startsWith("https://") || text.includes("#"),
  "3: exactly `https://<host>/?<query>`: no user before the host": ({ authority }) => authority.includes("@"),
  "3: the host is an STS endpoint of a known region, spelled exactly": ({ host }) =>
    !REGIONS.includes(regionOf(host)) && !regionOf(host).startsWith("us-gov-"),
  "3: FIPS hosts only in the regions that AWS lists for them": ({ host }) =>
    host.startsWith("sts-fips.") && !fipsHosts(regionOf(host)).includes(host),
  "3: the host is in the function's partition": ({ host }) => regionOf(host).startsWith("us-gov-"),
  "3: Credential's region equals the host's; the global endpoint's is `us-east-1`": ({ value, host }) => {
    const region = value("x-amz-credential")?.split("/")[2];
    return region !== undefined && region !== regionOf(host);
  },
  "3: Date is not more than 15 min ahead": ({ value }) => timeOf(value("x-amz-date")) > Date.now() + 15 * 60_000,
});

const PAIR = /^(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+=(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})*$/;
const REQUIRED = [
  ...["Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"],
  ...["X-Amz-SignedHeaders", "X-Amz-Signature"],
];
const CANONICAL = new Set([...REQUIRED, "X-Amz-Security-Token"]);

const QUERY_RULES: Conditions = {
  ...onUrl({
    "3: each of eight names exactly once": ({ names }) => REQUIRED.some((name) => !names.includes(name.toLowerCase())),
    "11: names and values of unreserved characters and `%XX` only": ({ pairs }) =>
      pairs.some((pair) => pair !== "" && !PAIR.test(pair)),
    "3: the query contains only names and values, no empty pair": ({ pairs }) => pairs.includes(""),
    "11: names and values decode to printable ASCII": ({ names, value }) =>
      names.some((name) => /[^\x20-\x7e]/.test(name + value(name))),
    "11: an empty security token is refused": ({ value }) => value("x-amz-security-token") === "",
    "3: Version is `2011-06-15`": otherThan("version", /^2011-06-15$/),
    "3: Algorithm is `AWS4-HMAC-SHA256`": otherThan("x-amz-algorithm", /^AWS4-HMAC-SHA256$/),
    "3: Credential is `<access key id>/<yyyymmdd>/<region>/sts/aws4_request`": otherThan(
      "x-amz-credential",
      /^[^/]+\/\d{8}\/[a-z0-9-]+\/sts\/aws4_request$/,
    ),
    "3: an access key id is 16 to 128 letters, digits and `_`, as in IAM's API reference": otherThan(
      "x-amz-credential",
      /^\w{16,128}(\/|$)/,
    ),
    "3: Credential's date equals X-Amz-Date's": ({ value }) => {
      const day = value("x-amz-credential")?.split("/")[1];
      return day !== undefined && day !== value("x-amz-date")?.slice(0, 8);
    },
    "3: Date is `yyyymmddThhmmssZ`": otherThan("x-amz-date", /^\d{8}T\d{6}Z$/),
    "11: Expires has no sign and no leading zero": otherThan("x-amz-expires", /^(0|[1-9]\d*)$/),
    "3: SignedHeaders is `host;x-k8s-aws-id`: another header cannot be reproduced": otherThan(
      "x-amz-signedheaders",
      /^host;x-k8s-aws-id$/i,
    ),
    "3, 11: Signature is 64 hex digits, in lower case": otherThan("x-amz-signature", /^[0-9a-f]{64}$/),
  }),
  "11: names are sent to STS in their canonical spelling": ({ url }) =>
    url?.spelled.some((name) => !CANONICAL.has(name)) === true,
};

export const TOKEN_RULES: Conditions = { ...URL_RULES, ...QUERY_RULES };

function regionOf(host: string): string {
  return host === "sts.amazonaws.com" ? "us-east-1" : (host.split(".")[1] ?? "");
}

/** Milliseconds since 1970; NaN if invalid. */
function timeOf(text = ""): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** The parameter exists and does not have this form. */
function otherThan(name: string, form: RegExp): (url: UrlFacts) => boolean {
  return ({ value }) => value(name) !== undefined && !form.test(value(name) ?? "");
}
