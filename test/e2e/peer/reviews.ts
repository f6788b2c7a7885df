// Request bodies: TokenReviews as kube-apiserver sends them, other bodies, and tokens of other authenticators.

import { reviewBody, V1, V1BETA1 } from "../../system/token-review.ts";
import type { Random } from "./random.ts";

export function usualBody(token: string, random: Random): string {
  const audiences = random.pick([undefined, undefined, ["https://kubernetes.default.svc"], ["vault"]]);
  return reviewBody(random.pick([V1, V1BETA1]), token, audiences);
}

/** Bodies with a valid token, if possible. */
export const OTHER_BODIES: Readonly<Record<string, (token: string, random: Random) => string>> = {
  "body: no JSON": (token, { pick }) => pick(["", "{", token, reviewBody(V1, token).slice(0, -3)]),
  "body: no object": (token, { pick }) => pick([`["${token}"]`, `"${token}"`, "17"]),
  "body: a token that is no text": (_, { pick }) => reviewBody(V1, pick([17, true, ["x"], {}])),
  "body: audiences that are no list": (token, { pick }) => reviewBody(V1, token, pick(["vault", 17, [17]])),
  "body: no token": (_, { pick }) => pick([reviewBody(V1, ""), reviewBody(V1, undefined), reviewBody(V1, null)]),
  "body: another version": (token, { pick }) => reviewBody(pick(["authentication.k8s.io/v2", "v1", ""]), token),
  "body: another kind": (token, { pick }) =>
    reviewBody(V1, token).replace("TokenReview", pick(["Review", "tokenreview", ""])),
  "body: names in other letters": (token) =>
    reviewBody(V1, token).replace('"spec"', '"Spec"').replace('"token"', '"TOKEN"'),
  "body: something behind it": (token, { pick }) => `${reviewBody(V1, token)}${pick(["x", "{}", "}"])}`,
  "body: more than 64 KiB": (token, random) => `${reviewBody(V1, token)}${" ".repeat(random.between(65_536, 100_000))}`,
  "body: unknown fields": (token) => reviewBody(V1, token).replace("{", '{"unknown":[{}],'),
};

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** `ours` is a valid token, for similar tokens. */
export const OTHER_TOKENS: Readonly<Record<string, (ours: string, random: Random) => string>> = {
  "token: a JWT": (_, random) => [340, 700, 342].map((length) => random.text(BASE64URL, length)).join("."),
  "token: opaque": (_, random) => random.text(BASE64URL, random.between(1, 64)),
  "token: of a bootstrap": (_, random) =>
    `${random.text("abcdef0123456789", 6)}.${random.text("abcdef0123456789", 16)}`,
  "token: without its prefix": (ours) => ours.slice("k8s-aws-v1.".length),
  "token: another prefix": (ours, { pick }) =>
    ours.replace("k8s-aws-v1.", pick(["K8S-AWS-V1.", "k8s-aws-v2.", "k8s-aws-v1", " k8s-aws-v1."])),
  "token: Bearer": (ours) => `Bearer ${ours}`,
};
