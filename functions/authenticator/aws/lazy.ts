// Loads code on first use: that of EC2, whose proven node names are cached for a minute, and that
// of AWS-signed tokens.

import { fault } from "../../errors.ts";
import { agesBy, type Moment } from "../../lib/age.ts";
import type { Clock } from "../../lib/deadline.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { failureKind } from "../../lib/retry.ts";
import { singleFlight } from "../../lib/single-flight.ts";
import type { SignedTokens } from "../jwt/signed-tokens.ts";
import type { InstanceSession, NodeName } from "../user/user.ts";
import type { SignedTokenOptions } from "./aws-signed-tokens.ts";
import type { FindNodeName, NodeNameOptions } from "./ec2-node-name.ts";

/** Returns a function that loads once, and again only after a failure. */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}

/** Returns AWS-signed tokens whose code is loaded at the first use: without JWT_ISSUERS, never. */
export function signedTokensLazily(options: SignedTokenOptions): SignedTokens {
  const load = loadOnce(async () => {
    const { createAwsSignedTokens } = await import("./aws-signed-tokens.ts");
    return createAwsSignedTokens(options);
  });
  return {
    parse: async (...asked) => (await load()).parse(...asked),
    prove: async (...asked) => (await load()).prove(...asked),
    prefetchKeys: async (...asked) => (await load()).prefetchKeys(...asked),
  };
}

/**
 * Returns a function that loads the EC2 code at its first call. Most clusters never need this code,
 * which is as large as the rest of the function. The function throws `instances_unavailable` for
 * every failure, since no failure proves anything about the identity.
 */
export function findNodeNameLazily(options: NodeNameOptions): FindNodeName {
  const load = loadOnce(async () => {
    const { createNodeNames } = await import("./ec2-node-name.ts");
    return cacheProofs(createNodeNames(options), options.clock);
  });
  return async (session, deadline) => {
    try {
      const findNodeName = await load();
      return await findNodeName(session, deadline);
    } catch (error) {
      throw fault("instances_unavailable", `no answer from EC2 or IAM (${failureKind(error)})`, {
        cause: error,
      });
    }
  };
}

const PROVEN_MS = 60_000;
/** More than the nodes of most clusters. */
const MAX_PROOFS = 2_000;

/**
 * Returns a function that caches names by instance and principal. It does not cache refusals: an
 * instance that is starting runs a moment later.
 */
export function cacheProofs(find: FindNodeName, clock: Clock): FindNodeName {
  const ages = agesBy(clock);
  const proofs = new LruMap<string, { readonly proof: NodeName; readonly since: Moment }>(
    MAX_PROOFS,
  );
  const keyOf = ({ accountId, principalId, sessionName }: InstanceSession): string =>
    [accountId, principalId, sessionName].join("/");
  const findOnce = singleFlight(find, keyOf);

  return async (session, deadline) => {
    const key = keyOf(session);
    const known = proofs.get(key);
    if (known !== undefined && ages.isFresh(known.since, PROVEN_MS)) return known.proof;
    const since = ages.now();
    const proof = await findOnce(session, deadline);
    if ("name" in proof) proofs.set(key, { proof, since });
    return proof;
  };
}
