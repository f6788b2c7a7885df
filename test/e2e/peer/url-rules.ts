// Rules for a token's base64 and URL that the peer does not have: it grants every token that STS accepts.

import { fipsHosts, REGIONS } from "./regions.ts";
import { type Rule, tokenRule } from "./rule.ts";

export const URL_RULES: readonly Rule[] = [
  tokenRule({
    says: "strict canonical unpadded base64url",
    code: "token_malformed",
    peer: "`token.go` Verify: Go's decoder skips line breaks and stray last bits",
    holds: (_, { token }) => {
      const encoded = token.slice("k8s-aws-v1.".length);
      return Buffer.from(encoded, "base64url").toString("base64url") !== encoded;
    },
  }),
  tokenRule({
    says: "exactly `https://<host>/?<query>`: no other spelling of the scheme, no fragment",
    code: "token_malformed",
    peer: "`token.go` Verify: `url.Parse`",
    holds: ({ text }) => !text.startsWith("https://") || text.includes("#"),
  }),
  tokenRule({
    says: "exactly `https://<host>/?<query>`: no user before the host",
    code: "token_host_refused",
    peer: "`token.go` Verify: not checked",
    holds: ({ authority }) => authority.includes("@"),
  }),
  tokenRule({
    says: "the host is an STS endpoint of a known region, spelled exactly",
    code: "token_host_refused",
    peer: "`token.go` verifySTSHostnameFormat: any well-formed region",
    holds: ({ host }) => !REGIONS.includes(regionOf(host)) && !regionOf(host).startsWith("us-gov-"),
  }),
  tokenRule({
    says: "FIPS hosts only in the regions that AWS lists for them",
    code: "token_host_refused",
    peer: "`token.go` verifySTSHostnameFormat: in any region, dual-stack too",
    holds: ({ host }) => host.startsWith("sts-fips.") && !fipsHosts(regionOf(host)).includes(host),
  }),
  tokenRule({
    says: "the host is in the function's partition",
    code: "token_host_refused",
    peer: "`partitions.go`: `aws` and `aws-us-gov` share their domains",
    holds: ({ host }) => regionOf(host).startsWith("us-gov-"),
  }),
  tokenRule({
    says: "Credential's region equals the host's; the global endpoint's is `us-east-1`",
    code: "token_region_refused",
    peer: "`token.go` Verify: left to STS",
    holds: ({ value, host }) => {
      const region = value("x-amz-credential")?.split("/")[2];
      return region !== undefined && region !== regionOf(host);
    },
  }),
  tokenRule({
    says: "Date is not more than 15 min ahead",
    code: "token_not_yet_valid",
    peer: "`token.go` Verify: no bound",
    holds: ({ value }) => timeOf(value("x-amz-date")) > Date.now() + 15 * 60_000,
  }),
];

function regionOf(host: string): string {
  return host === "sts.amazonaws.com" ? "us-east-1" : (host.split(".")[1] ?? "");
}

/** Milliseconds since 1970; NaN if invalid. */
function timeOf(text = ""): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
