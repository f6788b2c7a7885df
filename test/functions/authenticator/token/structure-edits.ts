// Edits that give a presigned URL another meaning, two meanings, or none.

import fc from "fast-check";
import { hostileHosts } from "../../../hostile-tokens.ts";
import { type Presigned, respell } from "./edit-parts.ts";

/** Hosts of STS that the token is not signed for, and hosts that only look valid. */
function otherHosts(host: string): readonly string[] {
  return [
    ...Object.values(hostileHosts(host)).flat(),
    ...[
      "sts.amazonaws.com",
      "sts.internal.example.com",
      `${host}#.evil.example.com`,
      host.replace("sts.", "sts-fips."),
    ],
    ...["us-east-1", "not-a-region-1"].map((region) => host.replace("us-west-2", region)),
    ...["api.aws", "amazonaws.com.cn"].map((domain) => host.replace("amazonaws.com", domain)),
  ];
}

const OTHER_VALUES: readonly string[] = [
  ...["", "%20", "%00", "%0d%0a", "0", "60", "900", "901", "-1", "AssumeRole", "getcalleridentity"],
  ...["2011-06-16", "AWS4-HMAC-SHA1", "20260102T030406Z", "20260102T031906Z", "20260102T024904Z", "99991231T235959Z"],
  ...["AKIALOCALALICEBBBBBB%2F20260102%2Fus-west-2%2Fsts%2Faws4_request", "host", "host%3bx-k8s-aws-id"],
  ...["Host%3BX-K8s-Aws-Id", "x-k8s-aws-id%3bhost", "0".repeat(64), "a&b", "a=b", "a;b", "a+b", "%E2%82%AC", "%"],
];

const OTHER_NAMES: readonly string[] = [
  ...["", "extra", "X-Amz-Security-Token", "RoleArn", "X-Amz-Content-Sha256", "x-k8s-aws-id", "__proto__", "%00"],
  ...["Action%00", "Action%20", "%20Action", "Action[]", "Act\u0131on", "X_Amz_Date", "constructor"],
];

/** Well-formed but unsigned requests, by the parameter that differs. */
const WELL_FORMED: Readonly<Record<string, RegExp>> = {
  "x-amz-credential": /[A-Z](?=%2F)/,
  "x-amz-date": /[0-5]Z/,
  "x-amz-expires": /0/,
  "x-amz-security-token": /[a-z](?=[^&]*$)/,
  "x-amz-signature": /[2-9]/,
  "x-amz-signedheaders": /[hk]/,
};

/** Another valid value for one parameter. */
export const OTHER_REQUESTS: fc.Arbitrary<(url: Presigned) => Presigned> = fc
  .constantFrom(...Object.keys(WELL_FORMED))
  .map((parameter) => ({ host, pairs }: Presigned) => {
    const letter = WELL_FORMED[parameter] ?? /^/;
    const changed = (text: string): string => {
      if (parameter === "x-amz-signedheaders") return text.replace(letter, (found) => found.toUpperCase());
      return text.replace(letter, (found) => String.fromCharCode(found.charCodeAt(0) ^ 1));
    };
    const other = pairs.map(([name = "", value = "", ...more]) => {
      return [name, name.toLowerCase() === parameter ? changed(value) : value, ...more];
    });
    return { host, pairs: other };
  });

const which = fc.nat();
const value = fc.constantFrom(...OTHER_VALUES);

/** Text beyond one byte per character becomes the bytes of its UTF-8, as a client would send it. */
function utf8(text: string): string {
  return Buffer.from(text).toString("latin1");
}

export const STRUCTURE_EDITS: fc.Arbitrary<(url: Presigned) => Presigned> = fc.oneof(
  which.map((which) => ({ host, pairs }: Presigned) => {
    const others = otherHosts(host);
    return { host: utf8(others[which % others.length] ?? ""), pairs };
  }),
  fc.record({ which, value }).map(({ which, value }) => ({ host, pairs }: Presigned) => {
    const index = which % pairs.length;
    return { host, pairs: pairs.with(index, [pairs[index]?.[0] ?? "", value]) };
  }),
  fc
    .record({ which, to: which, value: fc.option(value), at: fc.nat(), kind: fc.nat(3) })
    .map(({ which, to, value, at, kind }) => ({ host, pairs }: Presigned) => {
      const [name = "", own = ""] = pairs[which % pairs.length] ?? [];
      const names = [name, name.toUpperCase(), name.toLowerCase(), respell(name, at, true)];
      return { host, pairs: pairs.toSpliced(to % (pairs.length + 1), 0, [names[kind] ?? "", value ?? own]) };
    }),
  which.map((which) => ({ host, pairs }: Presigned) => ({ host, pairs: pairs.toSpliced(which % pairs.length, 1) })),
  fc
    .record({ to: which, name: fc.constantFrom(...OTHER_NAMES), value })
    .map(({ to, name, value }) => ({ host, pairs }: Presigned) => {
      return { host, pairs: pairs.toSpliced(to % (pairs.length + 1), 0, [utf8(name), value]) };
    }),
  // Two pairs lose their separator, or a pair loses its equals sign or gets another one
  fc.record({ which, kind: fc.constantFrom("joined", "bare", "double", "more") }).map(({ which, kind }) => {
    return ({ host, pairs }: Presigned) => {
      const index = which % pairs.length;
      const [name = "", own = ""] = pairs[index] ?? [];
      const changed = { joined: [name, own], bare: [name + own], double: [name, "", own], more: [name, own, "x"] };
      const next = kind === "joined" ? (pairs[index + 1] ?? []) : [];
      return { host, pairs: pairs.toSpliced(index, kind === "joined" ? 2 : 1, [...changed[kind], ...next]) };
    };
  }),
);
