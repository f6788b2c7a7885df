// Asks STS who signed a `k8s-aws-v1.` token, and turns the response into a verified identity or a
// denial.

import { type Denial, isDenial } from "../../errors.ts";
import type { Call } from "../../lib/guard.ts";
import type { UnverifiedToken } from "../token/token.ts";
import { type VerifiedIdentity, verifyIdentity } from "./identity.ts";
import { readStsResponse, type StsResponse } from "./sts-response.ts";

/**
 * The final result for a token. Faults and throttling are thrown instead, since they prove nothing
 * about it.
 */
export interface Proof {
  readonly result: VerifiedIdentity | Denial;
  readonly stsRequestId: string | undefined;
  /** Whether the last try to read the issuer's keys failed. Only for AWS-signed tokens. */
  readonly keysFailed?: boolean;
  /**
   * The review calls it at its end, unless it denies the identity, so that its wait for STS does not
   * count against the host (host-budget.ts).
   */
  readonly onEnd?: (end: ReviewEnd, identity: VerifiedIdentity) => void;
}

/** `fault`: of the function or of a service, after the identity was proven. */
type ReviewEnd = "granted" | "fault";

export type ProveIdentity<Token = UnverifiedToken> = Call<Token, Proof>;

/** `signedId`: the value of `x-k8s-aws-id` that STS verifies the signature with. */
export type StsRequest = UnverifiedToken & { readonly signedId: string };

/** Returns the response of STS. Throws if there is none. */
export type AskSts = Call<StsRequest, StsResponse & { readonly requestId: string | undefined }>;

/** Returns a function that proves tokens, only those that are signed for `signedId`. */
export function proveIdentity(
  askSts: AskSts,
  ownPartition: string,
  signedId: string,
): ProveIdentity {
  return async (token, deadline, time) => {
    const reply = await askSts({ ...token, signedId }, deadline, time);
    return {
      result: identityOrDenial(reply, ownPartition, token.accessKeyId),
      stsRequestId: reply.requestId,
    };
  };
}

function identityOrDenial(
  reply: StsResponse,
  ownPartition: string,
  accessKeyId: string,
): VerifiedIdentity | Denial {
  try {
    return verifyIdentity(readStsResponse(reply), ownPartition, accessKeyId);
  } catch (error) {
    if (isDenial(error)) return error;
    throw error;
  }
}
