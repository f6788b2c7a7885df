// Reviews one token, from the token to the Kubernetes user.

import { AccountForeign, Denial, ParametersUnavailable } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import type { ReadParameters } from "../../parameters/parameter-cache.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import { type Proofs, tokenHash } from "../identity/identity-cache.ts";
import type { Proof } from "../identity/prove-identity.ts";
import { evaluateMappings } from "../mapping/evaluate.ts";
import { candidates } from "../mapping/parameter-name.ts";
import { decidingEvaluation, selectMapping } from "../mapping/select.ts";
import type { StsHosts } from "../token/sts-hosts.ts";
import { hasTokenPrefix, parseToken } from "../token/token.ts";
import { type NodeName, renderUser, type User } from "../user/user.ts";
import { granted, NOT_OURS, type TokenReviewStatus } from "./answer.ts";
import { acceptedAudiences } from "./audiences.ts";
import { type ReviewRecord, timed } from "./record.ts";
import type { TokenReviewRequest } from "./token-review.ts";

/** The rules that apply to a verified identity. */
export interface IdentityRules {
  readonly mappingPrefix: string;
  /** 12 digits each. Identities of other accounts are denied. Empty: any account. */
  readonly accounts: readonly string[];
  readonly reservedPrefixes: readonly string[];
}

export interface ReviewRules extends IdentityRules {
  readonly stsHosts: StsHosts;
  readonly audiences: readonly string[];
  readonly userInfo: "full" | "minimal";
}

export interface IdentityServices {
  readonly readParameters: ReadParameters;
  /** Throws a `Fault` if EC2 or IAM fails. */
  readonly findNodeName: (identity: VerifiedIdentity, deadline: Deadline) => Promise<NodeName>;
}

export interface ReviewServices extends IdentityServices {
  readonly proofs: Proofs;
}

/** Fills `record`. Throws a `Denial` with the reason, or a `Fault` if no decision is possible. */
export async function reviewToken(
  { token: text, audiences: requestedAudiences }: Omit<TokenReviewRequest, "apiVersion">,
  rules: ReviewRules,
  services: ReviewServices,
  record: ReviewRecord,
  deadline: Deadline,
): Promise<TokenReviewStatus> {
  const hash = tokenHash(text);
  record.tokenHash = hash.slice(0, 12);
  if (!hasTokenPrefix(text)) return NOT_OURS;
  const audiences = acceptedAudiences(requestedAudiences, rules.audiences);

  const known = services.proofs.recall(hash);
  if (known !== undefined) record.cached.identity = true;
  const proof = known ?? (await proveToken(text, hash, rules, services, record, deadline));
  record.stsRequestId = proof.stsRequestId;
  if (proof.result instanceof Denial) throw proof.result;

  const user = await reviewIdentity(proof.result, rules, services, record, deadline);
  return granted(user, proof.result, audiences, rules.userInfo === "full");
}

/** Parses the token, then calls STS. */
async function proveToken(
  text: string,
  hash: string,
  rules: ReviewRules,
  services: ReviewServices,
  record: ReviewRecord,
  deadline: Deadline,
): Promise<Proof> {
  const { clock } = deadline;
  const unverifiedToken = await timed(record, "token", clock, () => parseToken(text, rules.stsHosts, clock()));
  record.token = unverifiedToken;
  // Set before the call, so that the metrics also include failed calls to STS.
  record.cached.identity = false;
  return timed(record, "identity", clock, () => services.proofs.prove(hash, unverifiedToken, deadline));
}

/** The part of a review after the identity is verified. Fills `record` and throws like `reviewToken`. */
export async function reviewIdentity(
  identity: VerifiedIdentity,
  rules: IdentityRules,
  services: IdentityServices,
  record: ReviewRecord,
  deadline: Deadline,
): Promise<User> {
  const { clock } = deadline;
  record.identity = identity;
  if (rules.accounts.length > 0 && !rules.accounts.includes(identity.accountId)) {
    throw new AccountForeign(`the account of ${identity.canonicalArn} is not in ACCOUNTS`);
  }

  const places = candidates(rules.mappingPrefix, identity);
  const names = places.map(({ parameter }) => parameter);
  record.cached.mapping = false;
  const { parameters, cached, stale } = await timed(record, "mapping", clock, () =>
    services.readParameters(names, deadline),
  );
  record.cached.mapping = cached;
  const evaluations = evaluateMappings(places, parameters, identity, clock());
  record.evaluations = evaluations;
  record.invalidMappings = evaluations.reduce((sum, { invalidCount }) => sum + invalidCount, 0);
  const deciding = decidingEvaluation(evaluations);
  // A stale absence must never decide: it would turn an outage into a denial.
  if (stale && deciding === undefined)
    throw new ParametersUnavailable("Parameter Store does not respond, and no cached mapping applies to this identity");
  if (stale) record.staleReads += 1;
  record.parameter = deciding?.parameter;
  const selected = selectMapping(evaluations, identity);

  const user = await timed(record, "user", clock, () =>
    renderUser(selected, identity, rules.reservedPrefixes, () => services.findNodeName(identity, deadline)),
  );
  record.user = user;
  return user;
}
