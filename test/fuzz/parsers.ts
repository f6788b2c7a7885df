// The parsers of hostile input: where their texts come from, and the rules that hold for every
// text.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { verifyIdentity } from "../../functions/authenticator/identity/identity.ts";
import { readStsResponse } from "../../functions/authenticator/identity/sts-response.ts";
import { parseKeySet } from "../../functions/authenticator/jwt/key-set.ts";
import { isAwsSigned, parseJwt } from "../../functions/authenticator/jwt/parse-jwt.ts";
import { readStored, type StoredKind } from "../../functions/authenticator/read-stored.ts";
import { parseTokenReview } from "../../functions/authenticator/review/token-review.ts";
import { parseToken } from "../../functions/authenticator/token/token.ts";
import { isAuthenticatorError } from "../../functions/errors.ts";
import { checkIssuerKey } from "../../functions/issuer/key.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { cli } from "../cli/cli.ts";
import {
  fakeServices,
  handlerOf,
  MAPPED,
  NOW as REVIEW_NOW,
} from "../functions/authenticator/fixtures.ts";
import { encoded, RULES } from "../functions/authenticator/jwt/mint.ts";
import { HOSTS, NOW } from "../functions/authenticator/token/samples.ts";
import { tokenOf, urlOf } from "../token.ts";

export interface Parser {
  readonly name: string;
  readonly corpus: string;
  /**
   * Returns what became of the text, such as an error's message. Throws if a rule does not hold.
   */
  readonly run: (text: string) => string | Promise<string>;
}

const CORPUS = join(import.meta.dirname, "corpus");

export function textsOf({ corpus }: Parser): string[] {
  const folder = join(CORPUS, corpus);
  return readdirSync(folder).map((file) =>
    readFileSync(join(folder, file), "utf8").replace(/\n$/, ""),
  );
}

/**
 * An error of the contract with one of these outcomes is a valid end. Everything else is a finding.
 */
function refusedOr(outcomes: readonly string[], parse: () => string): string {
  try {
    return parse();
  } catch (error) {
    if (!isAuthenticatorError(error)) throw error;
    assert.ok(outcomes.includes(error.outcome), `${error.code} is a ${error.outcome}`);
    assert.doesNotMatch(error.message, /\p{Cc}/u, "a message is one line");
    return `${error.code}: ${error.message}`;
  }
}

/** The corpus has URLs, since a change of base64url rarely keeps it one. */
function token(url: string): string {
  return refusedOr(["denied"], () => {
    const text = tokenOf(url);
    const { host, accessKeyId, expiresAt } = parseToken(text, HOSTS, NOW);
    const parsed = new URL(urlOf(text));
    const query = [...parsed.searchParams].map(
      ([name, value]) => [name.toLowerCase(), value] as const,
    );
    const values = new Map(query);
    assert.equal(values.size, query.length, "a parameter is repeated");
    assert.equal(parsed.host, host);
    assert.equal(values.get("action"), "GetCallerIdentity");
    assert.equal(values.get("x-amz-signedheaders")?.toLowerCase(), "host;x-k8s-aws-id");
    assert.ok(values.get("x-amz-credential")?.startsWith(`${accessKeyId}/`));
    assert.ok(expiresAt > NOW && expiresAt <= NOW + 30 * 60_000);
    return "accepted";
  });
}

/** A text of the corpus is a header and claims, each on one line. */
function jwt(text: string): string {
  const [header = "", ...claims] = text.split("\n");
  const signed = `${encoded(header)}.${encoded(claims.join("\n"))}.${encoded("s".repeat(96))}`;
  return refusedOr(["denied"], () => {
    const isOurs = isAwsSigned(signed);
    const { issuer, unverifiedIdentity, expiresAt } = parseJwt(signed, RULES, REVIEW_NOW);
    assert.ok(isOurs);
    const read = JSON.parse(claims.join("\n"));
    assert.deepEqual([read.iss, read.aud], [issuer, "iam-authenticator/test"]);
    assert.equal(unverifiedIdentity.accountId, RULES.accountByIssuer.get(issuer));
    assert.ok(String(read.sub).includes(`::${unverifiedIdentity.accountId}:`));
    assert.ok(expiresAt > REVIEW_NOW);
    return "accepted";
  });
}

function stsAnswer(body: string): string {
  const outcomes = [200, 400, 403, 500].map((status) =>
    refusedOr(["denied", "fault", "throttled"], () => {
      const answer = readStsResponse({ status, body });
      assert.equal(status, 200, "an identity from an error");
      const identity = verifyIdentity(answer, "aws", "AKIALOCALALICEAAAAAA");
      assert.equal(
        identity.accountId,
        JSON.parse(body).GetCallerIdentityResponse.GetCallerIdentityResult.Account,
      );
      assert.ok(identity.arn.includes(`::${identity.accountId}:`));
      return `identity ${identity.kind}`;
    }),
  );
  return outcomes.join();
}

function stored(kind: StoredKind): Parser["run"] {
  return (value) => {
    const scope = { account: "111122223333", partition: "aws" };
    const { isReadable, entries, problems } = readStored(kind, scope, { value, secure: false });
    const wrong = entries.filter(({ problem }) => problem !== undefined);
    assert.equal(problems.length, isReadable ? wrong.length : 1);
    const parsed: unknown = isReadable ? JSON.parse(value) : undefined;
    const items: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    for (const [at, entry] of entries.entries()) {
      if (entry.problem !== undefined) continue;
      assert.deepEqual(entry.value, items[at]);
      assert.ok(
        (isObject(entry.value) && Object.keys(entry.value).length > 0) || kind === "account",
      );
    }
    assert.doesNotMatch(problems.join(), /\p{Cc}/u, "a problem is one line");
    return problems.join();
  };
}

/** The function without a caller's authentication, with services in memory. */
async function event(text: string): Promise<string> {
  const parsed = parseJson(text);
  const { statusCode, json } = await handlerOf(fakeServices(MAPPED), {})(parsed);
  const code =
    String(json.message ?? json.status?.error ?? "granted or not ours").split(":")[0] ?? "";
  assert.ok([200, 400, 404, 405, 413].includes(statusCode), `${statusCode} ${code}`);
  if (json.status?.authenticated) assert.equal(json.status.user?.username, "dev");
  return `${statusCode} ${code}`;
}

function review(body: string): string {
  return refusedOr(["bad_request"], () => {
    const { token: text, audiences, apiVersion } = parseTokenReview(body);
    assert.deepEqual(JSON.parse(body).spec.token, text);
    assert.ok(text !== "" && audiences?.length !== 0);
    return apiVersion;
  });
}

function keySet(body: string): string {
  const keys = parseKeySet(body);
  for (const { algorithm } of keys?.values() ?? []) assert.match(algorithm, /^(RS256|ES384)$/);
  return `${keys?.size} keys`;
}

function issuerKey(value: string): string {
  return JSON.stringify(checkIssuerKey(parseJson(value)));
}

/** The command with a file as standard input. A message for a bug, or a stack, is a finding. */
function command(...words: readonly string[]): Parser["run"] {
  return async (input) => {
    const { code, out, err } = await cli(words, { input, now: REVIEW_NOW, environment: {} });
    assert.ok([0, 1, 2].includes(code), `exit ${code}: ${err}`);
    assert.doesNotMatch(out + err, /this is a bug|\bat .*:\d+:\d+|undefined|\[object /i);
    return `${code} ${err.slice(0, 200)}`;
  };
}

// biome-ignore format: a table
export const PARSERS: readonly Parser[] = [
  { name: "token", corpus: "token", run: token },
  { name: "jwt", corpus: "jwt", run: jwt },
  { name: "key-set", corpus: "key-set", run: keySet },
  { name: "sts-answer", corpus: "sts-answer", run: stsAnswer },
  ...(["role", "user", "pattern", "sso", "sso-session", "account", "deny", "callers"] as const).map((kind) => ({ name: `stored-${kind}`, corpus: "stored", run: stored(kind) })),
  { name: "stored-issuer-key", corpus: "key-set", run: issuerKey },
  { name: "event", corpus: "event", run: event },
  { name: "token-review", corpus: "token-review", run: review },
  { name: "mapping-file", corpus: "mapping-file", run: command("mappings", "lint", "-f", "-") },
  { name: "aws-auth", corpus: "mapping-file", run: command("mappings", "import", "-f", "-") },
  { name: "kubeconfig", corpus: "kubeconfig", run: command("kubeconfig", "webhook", "--from", "-", "--endpoint", "https://api.example.com/authenticate") },
];
