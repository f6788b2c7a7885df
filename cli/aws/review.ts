// Runs the function's own review here, with the cluster's parameters.

import { findNodeNameLazily, signedTokensLazily } from "../../functions/authenticator/aws/lazy.ts";
import { createSts } from "../../functions/authenticator/aws/sts.ts";
import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { proveIdentity } from "../../functions/authenticator/identity/prove-identity.ts";
import { isAwsSigned } from "../../functions/authenticator/jwt/parse-jwt.ts";
import { type DenyEntry, isDenied } from "../../functions/authenticator/mapping/deny-list.ts";
import {
  type Evaluation,
  evaluateMapping,
} from "../../functions/authenticator/mapping/evaluate.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { selectMapping } from "../../functions/authenticator/mapping/select.ts";
import { readStored } from "../../functions/authenticator/read-stored.ts";
import { newRecord, type ReviewRecord } from "../../functions/authenticator/review/record.ts";
import {
  type IdentityServices,
  requireAnyToken,
  reviewIdentity,
  reviewToken,
} from "../../functions/authenticator/review/review.ts";
import type { Settings } from "../../functions/authenticator/settings.ts";
import { hasTokenPrefix } from "../../functions/authenticator/token/token.ts";
import { type Denial, denial, type ErrorCode, hasCode, isDenial } from "../../functions/errors.ts";
import type { Deadline } from "../../functions/lib/deadline.ts";
import { isExpired } from "../../functions/lib/time.ts";
import { openAgents } from "../io/http.ts";
import type { Run } from "../io/run.ts";
import { deniedIn } from "../model/entry.ts";
import type { StoredParameters } from "../model/evaluation.ts";
import { withAwsClock } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { readSome } from "./parameter-store.ts";

/** Longer than kube-apiserver's: an operator can wait. */
const DEADLINE_MS = 15_000;

interface Refusal {
  readonly code: ErrorCode | "not_ours";
  readonly message: string;
  /** The message without the parameters that were tried. */
  readonly reason: string;
}

/** Contains the results of the steps that were completed. */
export interface Explanation
  extends Pick<ReviewRecord, "token" | "identity" | "evaluations" | "parameter" | "user"> {
  readonly refusal?: Refusal;
  /** The pattern or name in the deny list that matches. */
  readonly deniedBy?: string;
  /**
   * The user needs an instance's name, which the deployed function cannot look up: the review fails.
   */
  readonly isWithoutNodes?: boolean;
  /** A phrase: the settings of the function on which the verdict depends, if they are not known. */
  readonly condition?: string;
}

/** In place of an instance's name that is not looked up. A name has no other braces. */
const NODE_NAME = { name: "{EC2PrivateDNSName}" };

/** Returns whether the username or a group needs an instance's name that was not looked up. */
export function needsInstance(user: Explanation["user"]): boolean {
  return [user?.username ?? "", ...(user?.groups ?? [])].some((name) =>
    name.includes(NODE_NAME.name),
  );
}

/** Returns whether the function grants access, as far as it is known. */
export function isGranted({ refusal, isWithoutNodes }: Explanation): boolean {
  return refusal === undefined && !isWithoutNodes;
}

/**
 * Proves the token with STS or the issuer's keys. Returns a denial as `refusal`; throws if AWS
 * fails.
 */
export async function explainToken(
  token: string,
  connection: Connection,
  run: Run,
): Promise<Explanation> {
  const { settings, nodeLookup, condition } = connection.functions.own;
  const isOurs = hasTokenPrefix(token) || (settings.jwt !== undefined && isAwsSigned(token));
  if (!isOurs) {
    const kind = isAwsSigned(token)
      ? "is signed by AWS, and the function has no JWT_ISSUERS"
      : "does not begin with k8s-aws-v1.";
    const message = `the token ${kind}: the function leaves it to kube-apiserver's other authenticators`;
    return conditional({ refusal: { code: "not_ours", message, reason: message } }, condition);
  }
  const { clusterId, region, nodeRegion, partition, stsEndpoint } = settings;
  const agents = openAgents(run);
  const askSts = createSts({
    regionalHost: `sts.${region}.${partition.domain}`,
    endpoint: stsEndpoint,
    agents,
    clock: run.clock,
  });
  const prove = proveIdentity(askSts, partition.id, clusterId);
  const { jwt: rules, jwtKeysEndpoint } = settings;
  const signed =
    rules && signedTokensLazily({ rules, endpoint: jwtKeysEndpoint, agents, clock: run.clock });
  const services = {
    proofs: uncached(prove),
    signedTokens: signed && { parse: signed.parse, proofs: uncached(signed.prove) },
    readParameters: async (names: readonly string[]) => {
      const parameters = await readSome(connection.ssm, names, run.interrupted);
      return { parameters, cached: false, stale: false };
    },
    findNodeName: nodeLookup
      ? findNodeNameLazily({
          region: nodeRegion,
          vpcs: settings.nodeVpcs,
          agents,
          clock: run.clock,
        })
      : async () => NODE_NAME,
  };
  const explained = await explainReview(services, run, async (record) => {
    const review = { token, audiences: undefined };
    await reviewToken(review, settings, services, record, deadlineOf(run));
  });
  return conditional(withoutNodes(explained, nodeLookup), condition);
}

function withoutNodes(explained: Explanation, nodeLookup: boolean): Explanation {
  const isWithoutNodes = !nodeLookup && needsInstance(explained.user);
  return isWithoutNodes ? { ...explained, isWithoutNodes } : explained;
}

function uncached<Asked extends unknown[], Proven>(prove: (...asked: Asked) => Proven) {
  return { recall: () => undefined, prove: (_hash: string, ...asked: Asked) => prove(...asked) };
}

interface IdentityOptions {
  /** Every mapping, for a session or a user of a person, who is not an instance. */
  readonly known?: StoredParameters;
  /**
   * Of an identity whose unique id is made up: what replaces the id in the problem of a mapping.
   */
  readonly idHint?: string | undefined;
}

/**
 * Explains an ARN without a token: the identity is not proven, and EC2 is not called for a node.
 */
export async function explainIdentity(
  identity: VerifiedIdentity,
  connection: Connection,
  run: Run,
  { known, idHint }: IdentityOptions = {},
): Promise<Explanation> {
  const names = candidates(connection.review.prefix, identity).map(({ parameter }) => parameter);
  const parameters = known ?? (await readSome(connection.ssm, names, run.interrupted));
  const services: IdentityServices = {
    readParameters: async () => ({ parameters, cached: false, stale: false }),
    findNodeName: async () => NODE_NAME,
  };
  const { settings, nodeLookup, version, condition } = connection.functions.own;
  const explained = await explainReview(services, run, async (record) => {
    record.identity = identity;
    if (version !== undefined) checkTokenKind(identity, settings);
    await reviewIdentity(identity, settings, services, record, deadlineOf(run));
  });
  const shown =
    idHint === undefined ? explained : withIdHint(explained, identity, parameters, idHint, run);
  return conditional(withoutNodes(shown, nodeLookup), condition);
}

/**
 * Returns the explanation with the hint instead of the id, in the problem of a mapping with a
 * `principalId`.
 */
function withIdHint(
  explained: Explanation,
  identity: VerifiedIdentity,
  parameters: StoredParameters,
  idHint: string,
  run: Run,
): Explanation {
  const { evaluations, refusal } = explained;
  // A setting denied the identity before any mapping was evaluated.
  if (evaluations === undefined) return explained;
  const withoutId = { ...identity, principalId: undefined };
  const now = withAwsClock(run).clock();
  const shown = evaluations.map((evaluation): Evaluation => {
    const { verdict, parameter } = evaluation;
    if (verdict.kind !== "mismatch") return evaluation;
    const ofUnknown = evaluateMapping(
      evaluation,
      parameters.get(parameter),
      withoutId,
      now,
    ).verdict;
    if (ofUnknown.kind !== "unknown") return evaluation;
    return {
      ...evaluation,
      verdict: { kind: "mismatch", problem: `${ofUnknown.problem}; ${idHint}` },
    };
  });
  if (refusal?.code !== "mapping_mismatch") return { ...explained, evaluations: shown };
  return { ...explained, evaluations: shown, refusal: refusalBy(shown, identity) ?? refusal };
}

function refusalBy(
  evaluations: readonly Evaluation[],
  identity: VerifiedIdentity,
): Refusal | undefined {
  try {
    selectMapping(evaluations, identity);
    return undefined;
  } catch (error) {
    if (!isDenial(error)) throw error;
    return refusalOf(error);
  }
}

function refusalOf({ code, message, reason }: Denial): Refusal {
  return { code, message, reason };
}

/** Denials that only settings cause. Other denials do not depend on them. */
const BY_SETTINGS: readonly Refusal["code"][] = [
  "account_foreign",
  "name_refused",
  "not_ours",
  "token_kind_refused",
  "token_host_refused",
  "token_region_refused",
  "token_issuer_refused",
  "node_not_verified",
];

function conditional(explained: Explanation, condition: string | undefined): Explanation {
  const { refusal } = explained;
  const isFixed =
    condition === undefined || (refusal !== undefined && !BY_SETTINGS.includes(refusal.code));
  return isFixed ? explained : { ...explained, condition };
}

/** Throws a denial if the function accepts no token of this kind for the identity. */
function checkTokenKind({ claims, accountId }: VerifiedIdentity, { jwt, tokens }: Settings): void {
  const isListed = [...(jwt?.accountByIssuer.values() ?? [])].includes(accountId);
  if (claims === undefined) requireAnyToken(tokens);
  else if (!isListed)
    throw denial(
      "token_issuer_refused",
      `the issuer of account ${accountId} is not in JWT_ISSUERS`,
    );
}

/**
 * Returns the deadline by AWS's clock, as in the function. AWS's time is known after the first
 * response, and must not move the end.
 */
function deadlineOf(run: Run): Deadline {
  const start = run.clock();
  const { clock } = withAwsClock(run);
  return {
    clock,
    get at() {
      return clock() + DEADLINE_MS - (run.clock() - start);
    },
  };
}

async function explainReview(
  { readParameters }: Pick<IdentityServices, "readParameters">,
  run: Run,
  review: (record: ReviewRecord) => Promise<void>,
): Promise<Explanation> {
  const record = newRecord(run.clock());
  try {
    await review(record);
    return record;
  } catch (error) {
    if (!isDenial(error)) throw error;
    const refusal = refusalOf(error);
    const { identity, parameter } = record;
    if (!hasCode(error, "identity_denied") || identity === undefined || parameter === undefined) {
      return { ...record, refusal };
    }
    const list = (await readParameters([parameter], deadlineOf(run))).parameters.get(parameter);
    const { entries = [] } = list === undefined ? {} : readStored("deny", {}, list);
    const denials = entries.flatMap((entry) => (entry.problem === undefined ? entry.value : []));
    const isIt = (denial: DenyEntry) =>
      isDenied(denial, identity) && !isExpired(denial.notAfter, withAwsClock(run).clock());
    const denial = denials.find(isIt);
    return { ...record, refusal, ...(denial !== undefined && { deniedBy: deniedIn(denial) }) };
  }
}
