// Tokens with an invalid or unusual query, each changed in one way.

import { encode, type Parameter } from "../../../local/sts/query.ts";
import { type DoubledParameter, doubledParameters } from "../../hostile-tokens.ts";
import { tokenOf } from "../../token.ts";
import { type Damage, otherDay } from "./damaged-urls.ts";
import { presign, render, type Signing } from "./presign.ts";
import { type Random, shuffled } from "./random.ts";

type Query = readonly Parameter[];

const NAMES = [
  ...["Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"],
  ...["X-Amz-SignedHeaders", "X-Amz-Signature"],
];

const onQuery =
  (edit: (query: Query, random: Random) => Query): Damage =>
  (signing, random) => {
    const parts = presign(signing);
    return tokenOf(render({ ...parts, query: edit(parts.query, random) }));
  };

/** Changes the encoded pairs of the URL. */
const onPairs =
  (edit: (pairs: readonly string[], random: Random) => readonly string[]): Damage =>
  (signing, random) =>
    tokenOf(editPairs(signing, (pairs) => edit(pairs, random)));

function editPairs(signing: Signing, edit: (pairs: readonly string[]) => readonly string[]): string {
  const url = render(presign(signing));
  const start = url.indexOf("?") + 1;
  return url.slice(0, start) + edit(url.slice(start).split("&")).join("&");
}

const changed = (name: string, edit: (value: string, random: Random) => string): Damage =>
  onQuery((query, random) => query.map(([own, value]): Parameter => [own, own === name ? edit(value, random) : value]));

/** Replaces the value of one name by one of these. */
const replaced = (name: string, ...values: readonly string[]): Damage =>
  changed(name, (_, random) => random.pick(values));

/** Replaces the raw value of one name. */
const rewritten = (name: string, rawOf: (raw: string, random: Random) => string): Damage =>
  onPairs((pairs, random) =>
    pairs.map((pair) => {
      const [own = "", raw = ""] = pair.split("=");
      return own === name ? `${own}=${rawOf(raw, random)}` : pair;
    }),
  );

const inserted = (list: readonly string[], random: Random, item: string): string[] =>
  list.toSpliced(random.int(list.length + 1), 0, item);

const credential = (edit: (parts: string[], random: Random) => string[]): Damage =>
  changed("X-Amz-Credential", (value, random) => edit(value.split("/"), random).join("/"));

/** Replaces a part of the credential by one of these. */
const credentialPart = (index: number, ...values: readonly string[]): Damage =>
  credential((parts, { pick }) => parts.with(index, pick(values)));

const twice =
  (isMeant: (doubled: DoubledParameter) => boolean): Damage =>
  (signing, random) =>
    tokenOf(random.pick(doubledParameters(render(presign(signing))).filter(isMeant)).url);

export const DAMAGED_QUERIES: Readonly<Record<string, Damage>> = {
  ...Object.fromEntries(
    NAMES.map((name): [string, Damage] => [`${name}: left out`, onQuery((query) => query.filter(([n]) => n !== name))]),
  ),
  "a name twice": twice(({ name, spelling }) => spelling === name),
  "a name twice, in other letters": twice(({ name, spelling }) => spelling !== name && !spelling.includes("%")),
  "a name twice, percent-encoded": twice(({ spelling }) => spelling.includes("%")),
  "a foreign name": onQuery((query, random) => [...query, [random.pick(["RoleArn", "x", "", "X-Amz-Date2"]), "1"]]),
  "Action: another": replaced("Action", "AssumeRole", "getcalleridentity", "GetSessionToken", ""),
  "Version: another": replaced("Version", "2011-06-16", "2010-01-01", "1"),
  "X-Amz-Algorithm: another": replaced("X-Amz-Algorithm", "AWS4-HMAC-SHA1", "aws4-hmac-sha256"),
  "X-Amz-Credential: in fewer or more parts": credential((parts, { pick }) =>
    pick([parts.slice(0, 4), [...parts, "x"], parts.slice(0, 1)]),
  ),
  "X-Amz-Credential: another service": credentialPart(3, "s3", "iam", "STS", ""),
  "X-Amz-Credential: another last word": credentialPart(4, "aws5_request", ""),
  "X-Amz-Credential: another region": credential((parts) =>
    parts.with(2, parts[2] === "eu-west-3" ? "eu-west-1" : "eu-west-3"),
  ),
  "X-Amz-Credential: another day": credential((parts, { pick }) =>
    parts.with(1, otherDay(parts[1] ?? "", pick([-7, -1, 1, 365]))),
  ),
  "X-Amz-Credential: no key id": credentialPart(0, "", "short", "AKIA LOCAL ALICE AAA"),
  "X-Amz-Date: with a fraction": changed("X-Amz-Date", (value, { pick }) =>
    value.replace("Z", pick([".5Z", ",25Z", ".000Z"])),
  ),
  "X-Amz-Date: no such time": changed("X-Amz-Date", (value, { pick }) =>
    pick([`${value.slice(0, 4)}0230T000000Z`, `${value.slice(0, 9)}246060Z`]),
  ),
  "X-Amz-Date: of another form": changed("X-Amz-Date", (value, { pick }) =>
    pick([value.slice(0, -1), value.toLowerCase(), "now", "0", ""]),
  ),
  "X-Amz-Expires: a sign or zeros": changed("X-Amz-Expires", (value, { pick }) =>
    pick([`+${value}`, `0${value}`, "-0", `000${value}`]),
  ),
  "X-Amz-Expires: out of bounds": replaced("X-Amz-Expires", "901", "-1", "86400", "99999999999999999999"),
  "X-Amz-Expires: no integer": replaced("X-Amz-Expires", "", "60.0", "6e1", "0x3c", " 60", "sixty"),
  "X-Amz-SignedHeaders: one more": replaced(
    "X-Amz-SignedHeaders",
    "host;x-amz-date;x-k8s-aws-id",
    "accept;host;x-k8s-aws-id",
  ),
  "X-Amz-SignedHeaders: another order": replaced("X-Amz-SignedHeaders", "x-k8s-aws-id;host", "host;x-k8s-aws-id;host"),
  "X-Amz-SignedHeaders: no host": changed("X-Amz-SignedHeaders", () => "x-k8s-aws-id"),
  "X-Amz-SignedHeaders: no cluster": replaced(
    "X-Amz-SignedHeaders",
    "host",
    "",
    "x-k8s-aws-id2;host",
    "host,x-k8s-aws-id",
  ),
  "X-Amz-SignedHeaders: capitals": replaced("X-Amz-SignedHeaders", "Host;X-K8s-Aws-Id", "HOST;X-K8S-AWS-ID"),
  "X-Amz-Signature: capitals": changed("X-Amz-Signature", (value) => `A${value.slice(1).toUpperCase()}`),
  "X-Amz-Signature: no 64 digits": changed("X-Amz-Signature", (value, { pick }) =>
    pick([value.slice(1), `${value}0`, `g${value.slice(1)}`, "x", ""]),
  ),
  "X-Amz-Signature: another": changed("X-Amz-Signature", (value) => value.split("").reverse().join("")),
  "X-Amz-Security-Token: empty": onQuery((query) => withSecurityToken(query, "")),
  "X-Amz-Security-Token: another": onQuery((query) => withSecurityToken(query, "another")),
  "encoded: not printable": rawSecurityToken("x%00", "x%0A", "x%7F", "x%C3%A9", "x%FF", "x%E2%80%A8"),
  "encoded: not at all": rawSecurityToken("x/", "x+", "x==", "x@", "x:", "x!", "x*"),
  "encoded: bytes beyond ASCII": rawSecurityToken("x\xe9", "x\xc3\xa9", "x\xff"),
  "encoded: broken": rawSecurityToken("%", "%2", "%zz", "a;b"),
  "slashes as they are": rewritten("X-Amz-Credential", (raw) => raw.replaceAll("%2F", "/")),
  "a pair of nothing": onPairs((pairs, random) => inserted(pairs, random, "")),
  "a name without value": onPairs((pairs, random) =>
    inserted(pairs, random, random.pick(["x", "Version", "X-Amz-Date"])),
  ),
  "names in other letters": onPairs((pairs, random) =>
    pairs.map((pair) => pair.replace(/^[^=]+/, (name) => random.pick([name.toLowerCase(), name.toUpperCase(), name]))),
  ),
  "another order": onPairs((pairs, random) => shuffled(pairs, random)),
  "escapes in small letters": onPairs((pairs) =>
    pairs.map((pair) => pair.replace(/%../g, (code) => code.toLowerCase())),
  ),
  "escapes where none is needed": onPairs((pairs) => pairs.map((pair) => pair.replace("A", "%41").replace("2", "%32"))),
};

function withSecurityToken(query: Query, value: string): Query {
  const others = query.filter(([name]) => name !== "X-Amz-Security-Token");
  return [...others, ["X-Amz-Security-Token", value]];
}

function rawSecurityToken(...raws: readonly string[]): Damage {
  return onPairs((pairs, random) => {
    const others = pairs.filter((pair) => !pair.startsWith(encode("X-Amz-Security-Token")));
    return [...others, `X-Amz-Security-Token=${random.pick(raws)}`];
  });
}
