// One review from token to user, step by step; each step knows nothing of the next.

import { Denial, ParametersUnavailable } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import type { ReadParameters } from "../../parameters/parameter-cache.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import { type ProveIdentityCached, tokenHash } from "../identity/identity-cache.ts";
import { evaluateMapping } from "../mapping/evaluate.ts";
import { candidates } from "../mapping/parameter-name.ts";
import { decidingEvaluation, selectMapping } from "../mapping/select.ts";
import type { StsHosts } from "../token/sts-hosts.ts";
import { hasTokenPrefix, parseToken } from "../token/token.ts";
import { type NodeName, renderUser } from "../user/user.ts";
import { granted, NOT_OURS, type TokenReviewStatus } from "./answer.ts";
import { acceptedAudiences } from "./audiences.ts";
import { type ReviewRecord, timed } from "./record.ts";
import type { TokenReviewRequest } from "./token-review.ts";

export interface ReviewRules {
  readonly stsHosts: StsHosts;
  readonly mappingPrefix: string;
  readonly audiences: readonly string[];
  readonly reservedPrefixes: readonly string[];
  readonly userInfo: "full" | "minimal";
}

export interface ReviewServices {
  readonly proveIdentity: ProveIdentityCached;
  readonly readParameters: ReadParameters;
  /** Throws a `Fault` when EC2 or IAM gives no answer. */
  readonly findNodeName: (identity: VerifiedIdentity, deadline: Deadline) => Promise<NodeName>;
}

/** Fills `record` as it goes. Throws a `Denial` with the reason, or a `Fault` where there is no answer to give. */
export async function reviewToken(
  { token: text, audiences: requestedAudiences }: TokenReviewRequest,
  rules: ReviewRules,
  services: ReviewServices,
  record: ReviewRecord,
  deadline: Deadline,
): Promise<TokenReviewStatus> {
  const { clock } = deadline;
  record.tokenHash = tokenHash(text).slice(0, 12);
  if (!hasTokenPrefix(text)) return NOT_OURS;
  const audiences = acceptedAudiences(requestedAudiences, rules.audiences);

  const unverifiedToken = await timed(record, "token", clock, () => parseToken(text, rules.stsHosts, clock()));

  // Until there is an answer: what failed has asked its service too, and its time belongs into the metrics.
  record.cached.identity = false;
  const proof = await timed(record, "identity", clock, () => services.proveIdentity(text, unverifiedToken, deadline));
  record.cached.identity = proof.cached;
  record.stsRequestId = proof.stsRequestId;
  if (proof.result instanceof Denial) throw proof.result;
  const verifiedIdentity = proof.result;
  record.identity = verifiedIdentity;

  const places = candidates(rules.mappingPrefix, verifiedIdentity);
  const names = places.map(({ parameter }) => parameter);
  record.cached.mapping = false;
  const { parameters, cached, stale } = await timed(record, "mapping", clock, () =>
    services.readParameters(names, deadline),
  );
  record.cached.mapping = cached;
  const evaluations = places.map((place) =>
    evaluateMapping(place, parameters.get(place.parameter), verifiedIdentity, clock()),
  );
  record.invalidMappings = evaluations.reduce((sum, { invalidCount }) => sum + invalidCount, 0);
  const deciding = decidingEvaluation(evaluations);
  // What was found then may belong to others: that nothing was there for this identity is no answer in an outage.
  if (stale && deciding === undefined) throw new ParametersUnavailable("nothing remembered is for this identity");
  record.parameter = deciding?.parameter;
  const selected = selectMapping(evaluations, verifiedIdentity);

  const user = await timed(record, "user", clock, () =>
    renderUser(selected, verifiedIdentity, rules.reservedPrefixes, () =>
      services.findNodeName(verifiedIdentity, deadline),
    ),
  );
  record.user = user;
  return granted(user, verifiedIdentity, audiences, rules.userInfo === "full");
}
