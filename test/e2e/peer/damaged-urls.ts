// Tokens with invalid base64 or an invalid URL outside the query, each damaged in one way.

import { HOSTILE_URLS, hostileHosts } from "../../hostile-tokens.ts";
import { tokenOf } from "../../token.ts";
import { compact, type Presigned, presign, render, type Signing } from "./presign.ts";
import type { Random } from "./random.ts";
import { fipsHosts, REGIONS } from "./regions.ts";

/** Creates a token with one error. */
export type Damage = (signing: Signing, random: Random) => string;

const PREFIX = "k8s-aws-v1.";
const MAX_BYTES = 4096;

const onToken =
  (edit: (encoded: string, random: Random) => string): Damage =>
  (signing, random) =>
    PREFIX + edit(tokenOf(render(presign(signing))).slice(PREFIX.length), random);

const onUrl =
  (edit: (url: string, random: Random) => string): Damage =>
  (signing, random) =>
    tokenOf(edit(render(presign(signing)), random));

const onParts =
  (edit: (parts: Presigned, random: Random) => Partial<Presigned>): Damage =>
  (signing, random) => {
    const parts = presign(signing);
    return tokenOf(render({ ...parts, ...edit(parts, random) }));
  };

/** Signed for this host, so that an STS that serves it accepts the signature. */
const onHost =
  (hostOf: (random: Random) => readonly [host: string, region: string]): Damage =>
  (signing, random) => {
    const [host, region] = hostOf(random);
    return tokenOf(render(presign({ ...signing, host, region })));
  };

const inserted = (text: string, random: Random, piece: string): string => {
  const at = random.int(text.length);
  return text.slice(0, at) + piece + text.slice(at);
};

export const DAMAGED_URLS: Readonly<Record<string, Damage>> = {
  "base64: line breaks": onToken((text, random) => inserted(text, random, random.pick(["\n", "\r", "\r\n", "\n\n"]))),
  "base64: stray bits": onToken((text) => {
    // One byte in two characters leaves 4 unused bits, two bytes in three characters leave 2.
    if (text.length % 4 === 0) return `${text}\n`;
    return text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
  }),
  "base64: padding": onToken((text) => text.padEnd(text.length + 4 - (text.length % 4), "=")),
  "base64: another alphabet": onToken((text) => text.replaceAll("-", "+").replaceAll("_", "/")),
  "base64: a foreign character": onToken((text, random) =>
    inserted(text, random, random.pick([" ", ".", "%", "é", "="])),
  ),
  "base64: cut off": onToken((text, random) => text.slice(0, random.int(text.length))),
  "as long as may be": (signing, random) => withLength(signing, MAX_BYTES - random.between(1, 3)),
  "too long": (signing, random) => withLength(signing, MAX_BYTES + random.between(1, 2000)),

  "scheme: capitals": onParts((_, random) => ({ scheme: random.pick(["HTTPS", "Https", "httpS"]) })),
  "scheme: another": onParts((_, random) => ({ scheme: random.pick(["http", "ftp", "", "https:https"]) })),
  "host: a user before it": onParts(({ host }, { pick }) => ({ host: pick(hostileHosts(host).userinfo) })),
  "host: a port": onParts(({ host }, { pick }) => ({ host: pick(hostileHosts(host).ports) })),
  "host: dots or capitals": onParts(({ host }, { pick }) => ({ host: pick(hostileHosts(host)["dots and cases"]) })),
  "host: of another name": onParts(({ host }, { pick }) => ({
    host: pick([...hostileHosts(host)["look-alikes"], ...hostileHosts(host)["addresses of this network"]]),
  })),
  "host: before the host": onUrl((url, { pick }) => pick(Object.values(HOSTILE_URLS))(url)),
  "host: of another service": onParts(({ host }) => ({ host: host.replace(/^sts(-fips)?/, "s3") })),
  "host: of a VPC endpoint": onHost(() => ["vpce-0a1b2c3d-e4f5.sts.us-west-2.vpce.amazonaws.com", "us-west-2"]),
  "host: of China": onHost(() => ["sts.cn-north-1.amazonaws.com.cn", "cn-north-1"]),
  "host: of GovCloud": onHost((random) => {
    const region = random.pick(["us-gov-west-1", "us-gov-east-1"]);
    return [`sts.${region}.${random.pick(["amazonaws.com", "api.aws"])}`, region];
  }),
  "host: of no region": onHost((random) => {
    const region = random.pick(["us-west-9", "eu-nowhere-1", "xx-north-1", "ap-south-77"]);
    return [`${random.pick(["sts", "sts-fips"])}.${region}.${random.pick(["amazonaws.com", "api.aws"])}`, region];
  }),
  "host: FIPS where there is none": onHost((random) => {
    const region = random.pick(REGIONS.filter((known) => fipsHosts(known).length === 0));
    return random.pick([
      [`sts-fips.${region}.amazonaws.com`, region],
      [`sts-fips.${region}.api.aws`, region],
    ] as const);
  }),
  "path: none": onParts(() => ({ path: "" })),
  "path: another": onParts((_, random) => ({ path: random.pick(["/sts", "//", "/./", "/%2F", "/;a=b"]) })),
  "a fragment": onUrl((url, random) => `${url}#${random.pick(["", "x", "&Action=AssumeRole"])}`),
  "white space around": onUrl((url, random) => random.pick([` ${url}`, `${url} `, `${url}\n`, `\t${url}`])),
  "a control character": onUrl((url, random) => inserted(url, random, random.pick(["\0", "\n", "\r", "\x7f"]))),

  "signed for another cluster": (signing) => tokenOf(render(presign({ ...signing, clusterId: "another" }))),
  "signed with another key": (signing) => {
    const identity = { ...signing.identity, secretAccessKey: "another".padEnd(40, "/") };
    return tokenOf(render(presign({ ...signing, identity })));
  },
  "signed too long ago": (signing, random) => atMinutes(signing, -random.between(16, 3000)),
  "signed too far ahead": (signing, random) => atMinutes(signing, random.between(16, 3000)),
};

/** Uses the security token as padding. Base64 lengths of 4n + 1 do not exist. */
function withLength(signing: Signing, length: number): string {
  const without = presign({ ...signing, identity: { ...signing.identity, sessionToken: "" } });
  const filled = (sessionToken: string): string =>
    tokenOf(render(presign({ ...signing, identity: { ...signing.identity, sessionToken } })));
  const bytes = Math.floor(((length - PREFIX.length) * 3) / 4) - render(without).length;
  return filled("x".repeat(bytes));
}

function atMinutes(signing: Signing, minutes: number): string {
  return tokenOf(render(presign({ ...signing, signedAt: Date.now() + minutes * 60_000 })));
}

/** The date this many days after `timestamp`. */
export function otherDay(timestamp: string, days: number): string {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)/.exec(timestamp) ?? [];
  return compact(Date.UTC(Number(year), Number(month) - 1, Number(day) + days)).slice(0, 8);
}
