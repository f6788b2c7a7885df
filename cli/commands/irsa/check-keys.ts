// Checks the issuer's documents, and the keys and tokens of the cluster.

import { DISCOVERY_PATH, JWKS_PATH } from "../../../functions/issuer/documents.ts";
import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { isObject, memberAt, parseJson } from "../../../functions/lib/json.ts";
import { quoted } from "../../../functions/lib/text.ts";
import { type Advice, type Check, failed, ok, warning } from "../../cmdline/advice.ts";
import { Failure } from "../../io/errors.ts";
import { failureReason } from "../../io/http.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { type Kubernetes, messageOf, openEndpoint, type Reply } from "../../kube/client.ts";
import { listAt, STS_AUDIENCE } from "../../kube/objects.ts";
import { readLegacyTokens, requestToken } from "./cluster-keys.ts";
import type { PublishedKey } from "./published-keys.ts";

/** Returns advice that ends in the command that publishes keys. */
function publishAdvice(before: string): Advice {
  return ({ spell }) => ({ before, command: spell("irsa keys publish", "--kubeconfig <file>") });
}

/** Returns the result of `read`, or a warning if kube-apiserver refuses the request. */
export async function attempt<T>(
  check: string,
  permission: string,
  read: () => Promise<T>,
  problem = "not read",
) {
  try {
    return { read: await read(), unread: [] } as const;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = `${permission}, or run this as an administrator`;
    return {
      read: undefined,
      unread: [warning(check, `${problem}: ${error.message}`, advice)],
    } as const;
  }
}

/**
 * Checks the keys of the cluster; `keys` are those of kube-apiserver's own JWKS. Another check
 * fails if the key that signs now is not served: a retired key may stay in kube-apiserver for
 * tokens that AWS does not accept anyway, such as those in Secrets.
 */
export function checkClusterKeys(keys: readonly IssuerKey[], served: readonly string[]): Check {
  const check = "cluster keys";
  const missing = keys.map(({ kid }) => kid).filter((kid) => !served.includes(kid));
  if (missing.length === 0) return ok(check, "each key of kube-apiserver is served");
  const advice: Advice = ({ spell }) =>
    `publish a key a day before a kube-apiserver signs with it (${spell("irsa keys publish", "--kubeconfig <file>")}). If you have retired ` +
    "it, this is correct until you remove it from kube-apiserver";
  return warning(
    check,
    `kube-apiserver accepts ${missing.join(", ")}, which the issuer does not serve`,
    advice,
  );
}

/**
 * Checks a new token. `served` are the key ids in the issuer's JWKS; `undefined` if it cannot be
 * read.
 */
export async function checkToken(
  kubernetes: Kubernetes,
  issuer: string,
  served: readonly string[] | undefined,
) {
  const permission = "allow create on serviceaccounts/token in default";
  const request = async () => {
    const token = await requestToken(kubernetes, STS_AUDIENCE);
    return { ...token, audiences: await checkAudiences(kubernetes, token.token) };
  };
  const made = await attempt("token", permission, request, "not made");
  if (made.read === undefined) return [...made.unread];
  const { kid, issuer: issuerOfToken, audiences } = made.read;
  const advice: Advice = ({ program }) =>
    `name this issuer first in --service-account-issuer (${program} irsa flags), and keep the old one second`;
  return [
    issuerOfToken === issuer
      ? ok("token issuer", issuerOfToken)
      : failed("token issuer", `kube-apiserver signs for ${issuerOfToken}`, advice),
    ...(served === undefined ? [] : [checkSigner(kid, served)]),
    audiences,
  ];
}

function checkSigner(kid: string, served: readonly string[]): Check {
  const check = "signing key";
  if (served.includes(kid)) return ok(check, kid);
  return failed(check, `${kid} is not served`, publishAdvice("publish it:"));
}

/** Tries to log in with the token, because the flag --api-audiences cannot be read. */
async function checkAudiences(kubernetes: Kubernetes, token: string): Promise<Check> {
  const check = "audiences";
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const { status, body } = await kubernetes.ask("POST", path, review, token);
  if (status === 401) return ok(check, "kube-apiserver rejects a token for AWS");
  if (status !== 201 || !isObject(body))
    return warning(check, `unknown: HTTP ${status}`, "run this again");
  const advice = `remove ${STS_AUDIENCE} from --api-audiences: with it, anyone who gets a Pod's AWS token can log in to the cluster as that Pod`;
  return failed(check, "a token for AWS logs in to kube-apiserver", advice);
}

/**
 * Checks the tokens in Secrets: kube-apiserver accepts each only while it has the key of
 * kube-controller-manager. `keys` are those of kube-apiserver.
 */
export async function checkLegacyTokens(
  kubernetes: Kubernetes,
  keys: readonly IssuerKey[],
): Promise<Check> {
  const check = "legacy tokens";
  const read = () => readLegacyTokens(kubernetes, keys);
  const { read: tokens, unread } = await attempt(check, "allow list on secrets", read);
  if (tokens === undefined) return unread[0];
  if (tokens.length === 0) return ok(check, "no Secret contains a service account's token");
  const rejected = tokens.filter(({ kid }) => kid === undefined).map(({ secret }) => secret);
  if (rejected.length > 0) {
    const advice =
      "add the public half of kube-controller-manager's --service-account-private-key-file to --service-account-key-file " +
      "on every node, or renew these tokens (docs/irsa.md#renew-what-outlives-the-wait)";
    return failed(
      check,
      `kube-apiserver accepts no key that signed the token of ${listed(rejected)}`,
      advice,
    );
  }
  const signed = Map.groupBy(tokens, ({ kid }) => kid ?? "");
  const parts = [...signed].map(
    ([kid, signedTokens]) => `${kid} signed ${listed(signedTokens.map(({ secret }) => secret))}`,
  );
  return ok(check, `kube-apiserver accepts them as long as it has their keys: ${parts.join("; ")}`);
}

interface ServedDocuments {
  readonly checks: readonly Check[];
  /** The key ids in the JWKS; `undefined` if it has none or cannot be read. */
  readonly kids?: readonly string[];
}

/** https://repost.aws/knowledge-center/iam-sts-invalididentitytoken */
const STS_PATIENCE_MS = 5_000;

/**
 * Checks the issuer's documents. `ca` is for an issuer that is tested without AWS. AWS trusts only
 * public CAs.
 */
export async function checkDocuments(
  issuer: string,
  ca: string | undefined,
  run: Run,
): Promise<ServedDocuments> {
  const discovery = await fetchDocument("discovery", `${issuer}${DISCOVERY_PATH}`, ca, run);
  if ("check" in discovery) return { checks: [discovery] };
  const checks = [judgeDiscovery(discovery, issuer)];
  const jwks = await fetchDocument("jwks", `${issuer}${JWKS_PATH}`, ca, run);
  if ("check" in jwks) return { checks: [...checks, jwks] };
  const kids = listAt(parseJson(jwks.body), "keys").flatMap(({ kid }) =>
    typeof kid === "string" ? [kid] : [],
  );
  const seen = `${kids.length === 1 ? "1 key" : `${kids.length} keys`}, ${Math.round(jwks.ms)} ms`;
  const check =
    kids.length > 0
      ? ok("jwks", seen)
      : failed("jwks", "it contains no key", publishAdvice("publish one:"));
  // Without keys, the later checks have nothing to compare.
  return { checks: [...checks, check], ...(kids.length > 0 && { kids }) };
}

async function fetchDocument(check: string, url: string, ca: string | undefined, run: Run) {
  const endpoint = openEndpoint({ server: url, ...(ca !== undefined && { ca }) }, run);
  try {
    const reply = await endpoint.send("GET");
    if (reply.status !== 200) {
      return failed(
        check,
        `HTTP ${reply.status}, ${messageOf(reply, "issuer")}`,
        adviceForReply(reply),
      );
    }
    if (reply.ms <= STS_PATIENCE_MS) return reply;
    return failed(
      check,
      `${Math.round(reply.ms)} ms: STS waits for 5 s`,
      "check the issuer's log and memory",
    );
  } catch (error) {
    const advice = "check the URL, DNS and the certificate: AWS must reach it from the internet";
    return failed(check, `no answer from ${url} (${failureReason(error)})`, advice);
  }
}

const PUBLISH_KEYS = publishAdvice("publish the cluster's keys:");

function adviceForReply({ status, body }: Reply): Advice {
  if (memberAt(parseJson(body), "code") === "issuer_without_keys") return PUBLISH_KEYS;
  return status === 404 ? "check the issuer's URL" : "check the issuer's log";
}

function judgeDiscovery({ body, ms }: Reply, issuer: string): Check {
  const check = "discovery";
  const expected = { issuer, jwks_uri: `${issuer}${JWKS_PATH}` };
  for (const [member, value] of Object.entries(expected)) {
    const actual = memberAt(parseJson(body), member);
    if (actual === value) continue;
    const advice =
      "ISSUER_URL of the function and --service-account-issuer must be exactly this URL";
    return failed(check, `${member} is ${quoted(actual ?? "")}, not ${value}`, advice);
  }
  return ok(check, `issuer and jwks_uri are correct, ${Math.round(ms)} ms`);
}

/** Compares the keys in Parameter Store with those that the issuer serves. */
export function checkPublished(
  published: readonly PublishedKey[],
  served: readonly string[] | undefined,
): Check[] {
  const check = "keys";
  const invalid = published
    .filter(({ problem }) => problem !== undefined)
    .map(({ kid, problem }) =>
      failed(check, `issuer/${kid} ${problem}`, "publish it again, or remove the parameter"),
    );
  const good = published.filter(({ key }) => key !== undefined).map(({ kid }) => kid);
  if (good.length === 0)
    return [...invalid, failed(check, "no valid key is published", PUBLISH_KEYS)];
  if (served === undefined) return invalid;
  const waiting = good.filter((kid) => !served.includes(kid));
  const extra = served.filter((kid) => !good.includes(kid));
  const different = [
    ...waiting.map((kid) => `${kid} is not served`),
    ...extra.map((kid) => `${kid} is still served`),
  ];
  if (different.length > 0) {
    const advice =
      "wait 30 s and run this again; if it fails again, compare MAPPING_PREFIX and region of the function";
    return [...invalid, warning(check, different.join(", "), advice)];
  }
  return [...invalid, ok(check, `${good.length} published, and served`)];
}
