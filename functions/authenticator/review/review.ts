// Reviews one token, from the token to the Kubernetes user.

import { denial, fault, isDenial } from "../../errors.ts";
import type { Deadline, EpochMs } from "../../lib/deadline.ts";
import type { ReadParameters } from "../../parameters/parameter-cache.ts";
import { acceptsAccount, type VerifiedIdentity } from "../identity/identity.ts";
import { type Proofs, tokenHash } from "../identity/identity-cache.ts";
import type { Proof } from "../identity/prove-identity.ts";
import type { UnverifiedJwt } from "../jwt/parse-jwt.ts";
import type { SignedTokens } from "../jwt/signed-tokens.ts";
import { evaluateMappings } from "../mapping/evaluate.ts";
import { candidates } from "../mapping/parameter-name.ts";
import { decidingEvaluation, selectMapping } from "../mapping/select.ts";
import type { StsHosts } from "../token/sts-hosts.ts";
import { hasTokenPrefix, parseToken, type UnverifiedToken } from "../token/token.ts";
import { type InstanceSession, type NodeName, renderUser, type User } from "../user/user.ts";
import { type ReviewRecord, timed } from "./record.ts";
import {
  acceptedAudiences,
  granted,
  NOT_OURS,
  type TokenReviewRequest,
  type TokenReviewStatus,
} from "./token-review.ts";

/** The rules that apply to a verified identity. */
interface IdentityRules {
  readonly mappingPrefix: string;
  /** 12 digits each. Identities of other accounts are denied. Empty: any account. */
  readonly accounts: readonly string[];
  readonly reservedPrefixes: readonly string[];
}

interface ReviewRules extends IdentityRules {
  readonly stsHosts: StsHosts;
  /** `jwt` refuses `k8s-aws-v1.` tokens. */
  readonly tokens: "any" | "jwt";
  readonly audiences: readonly string[];
  readonly userInfo: "full" | "minimal";
}

export interface IdentityServices {
  readonly readParameters: ReadParameters;
  /** Throws a fault if EC2 or IAM fails. */
  readonly findNodeName: (session: InstanceSession, deadline: Deadline) => Promise<NodeName>;
}

export interface ReviewServices extends IdentityServices {
  readonly proofs: Proofs<UnverifiedToken>;
  /** `undefined` without JWT_ISSUERS: an AWS-signed token is then a token of another kind. */
  readonly signedTokens:
    | (Pick<SignedTokens, "parse"> & { readonly proofs: Proofs<UnverifiedJwt> })
    | undefined;
}

/**
 * Reviews a token and returns the status of the TokenReview. Fills `record`. Throws a `Denial` with
 * the reason, or a fault if no decision is possible.
 */
export async function reviewToken(
  { token: text, audiences: requestedAudiences }: Omit<TokenReviewRequest, "apiVersion">,
  rules: ReviewRules,
  services: ReviewServices,
  record: ReviewRecord,
  deadline: Deadline,
): Promise<TokenReviewStatus> {
  const hash = tokenHash(text);
  record.tokenHash = hash.slice(0, 12);
  const { proofs, signedTokens } = services;
  const steps: Steps = { hash, record, deadline };
  const prove = hasTokenPrefix(text)
    ? await readToken(steps, proofs, (now) => parsePresigned(text, rules, now))
    : signedTokens &&
      (await readToken(steps, signedTokens.proofs, (now) => signedTokens.parse(text, now)));
  if (prove === undefined) return NOT_OURS;
  const audiences = acceptedAudiences(requestedAudiences, rules.audiences);
  const proof = await prove();
  record.stsRequestId = proof.stsRequestId;
  if (isDenial(proof.result)) throw proof.result;

  const { result: identity, onEnd } = proof;
  try {
    const user = await reviewIdentity(identity, rules, services, record, deadline);
    onEnd?.("granted", identity);
    return granted(user, identity, audiences, rules.userInfo === "full");
  } catch (error) {
    if (!isDenial(error)) onEnd?.("fault", identity);
    throw error;
  }
}

interface Steps {
  readonly hash: string;
  readonly record: ReviewRecord;
  readonly deadline: Deadline;
}

/**
 * Parses the token, unless its proof is cached. Returns how to prove it; `undefined` for a token of
 * another kind.
 */
async function readToken<Token extends NonNullable<ReviewRecord["token"]>>(
  { hash, record, deadline }: Steps,
  proofs: Proofs<Token>,
  parse: (now: EpochMs) => Token | undefined | Promise<Token | undefined>,
): Promise<(() => Promise<Proof>) | undefined> {
  const { clock } = deadline;
  const known = proofs.recall(hash);
  if (known !== undefined) {
    return async () => {
      record.cached.identity = true;
      return known;
    };
  }
  const unverifiedToken = await timed(record, "token", clock, () => parse(clock()));
  if (unverifiedToken === undefined) return undefined;
  record.token = unverifiedToken;
  return async () => {
    // Set before the call, so that the metrics also include failed calls to STS.
    record.cached.identity = false;
    const proof = await timed(record, "identity", clock, () =>
      proofs.prove(hash, unverifiedToken, deadline),
    );
    if (proof.keysFailed === true) record.keysFailed = true;
    return proof;
  };
}

function parsePresigned(
  text: string,
  { tokens, stsHosts }: ReviewRules,
  now: EpochMs,
): UnverifiedToken {
  requireAnyToken(tokens);
  return parseToken(text, stsHosts, now);
}

/** Throws a `Denial` if the function refuses `k8s-aws-v1.` tokens. */
export function requireAnyToken(tokens: ReviewRules["tokens"]): void {
  if (tokens === "any") return;
  throw denial(
    "token_kind_refused",
    "only AWS-signed tokens are accepted here: get one with `iam-authenticator token --jwt`",
  );
}

/**
 * Returns the user of a verified identity: the second part of a review. Fills `record` and throws
 * like `reviewToken`.
 */
export async function reviewIdentity(
  identity: VerifiedIdentity,
  rules: IdentityRules,
  services: IdentityServices,
  record: ReviewRecord,
  deadline: Deadline,
): Promise<User> {
  const { clock } = deadline;
  record.identity = identity;
  if (!acceptsAccount(rules.accounts, identity.accountId)) {
    throw denial("account_foreign", `the account of ${identity.canonicalArn} is not in ACCOUNTS`);
  }

  const places = candidates(rules.mappingPrefix, identity);
  const names = places.map(({ parameter }) => parameter);
  record.cached.mapping = false;
  const { parameters, cached, stale, keep } = await timed(record, "mapping", clock, () =>
    services.readParameters(names, deadline),
  );
  record.cached.mapping = cached;
  const evaluations = evaluateMappings(places, parameters, identity, clock());
  record.evaluations = evaluations;
  record.invalidMappings = evaluations.reduce((sum, { invalidCount }) => sum + invalidCount, 0);
  const deciding = decidingEvaluation(evaluations);
  // A stale absence must never decide: it would turn an outage into a denial.
  if (stale && deciding === undefined)
    throw fault(
      "parameters_unavailable",
      "Parameter Store does not respond, and no cached mapping applies to this identity",
    );
  if (stale) record.staleReads += 1;
  record.parameter = deciding?.parameter;
  const selected = selectMapping(evaluations, identity);
  // Only now: strangers can make reviews of as many unmapped identities as they like.
  keep?.();

  const user = await timed(record, "user", clock, () =>
    renderUser(selected, identity, rules.reservedPrefixes, (session) =>
      services.findNodeName(session, deadline),
    ),
  );
  record.user = user;
  return user;
}
