// A token's base64 and URL: the peer grants every token that STS accepts.

import { onUrl } from "./case.ts";
import { fipsHosts, REGIONS } from "./regions.ts";

export const URL_RULES = onUrl({
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

function regionOf(host: string): string {
  return host === "sts.amazonaws.com" ? "us-east-1" : (host.split(".")[1] ?? "");
}

/** Milliseconds since 1970; NaN if invalid. */
function timeOf(text = ""): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}
