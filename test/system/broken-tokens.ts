// Broken tokens that could leak their secrets into a log.

import { editToken, queryValue, tokenOf, urlOf } from "../token.ts";

/** Tokens with signature and session token at wrong places, and truncated tokens. */
export function brokenTokens(token: string): string[] {
  const url = urlOf(token);
  const secretsOf = [queryValue(token, "X-Amz-Signature"), queryValue(token, "X-Amz-Security-Token"), token];
  const misplaced = secretsOf.flatMap((secret) => [
    ...[...url.matchAll(/([?&][^=]*=)[^&]*/g)].map(([all, name]) => url.replace(all, `${name}${secret}`)),
    url.replace(/^https:\/\/[^/]*/, `https://${secret}`),
    url.replace("/?", `/${secret}?`),
    `${secret}${url}`,
    `${url}#${secret}`,
    `${url}&${secret}`,
    `${url}&${secret}=x`,
    `${url}&X-Amz-Signature=${secret}`,
    `${url}\n${secret}`,
    `https://${secret}@sts.us-west-2.amazonaws.com/?`,
    secret,
  ]);
  const cut = Array.from({ length: 20 }, (_, part) => token.slice(0, (token.length * part) / 20));
  return [
    ...misplaced.map(tokenOf),
    ...cut,
    ...cut.map((text) => `${text}\u0000${token}`),
    editToken(token, (text) => text.toUpperCase()),
    editToken(token, decodeURIComponent),
    token.slice("k8s-aws-v1.".length),
    `k8s-aws-v1.${url}`,
    `Bearer ${token}`,
    `${token}${token}`,
  ].filter((broken) => broken !== "" && broken !== token);
}
