// Asks STS who signed a token, and makes of its answer a verified identity or a denial.

import { Denial } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import type { UnverifiedToken } from "../token/token.ts";
import { type VerifiedIdentity, verifyIdentity } from "./identity.ts";
import { readStsResponse, type StsResponse } from "./sts-response.ts";

/** What STS has said for good about a token; faults and throttling are thrown, since they say nothing about it. */
export interface Proof {
  readonly result: VerifiedIdentity | Denial;
  readonly stsRequestId: string | undefined;
}

export type ProveIdentity = (token: UnverifiedToken, deadline: Deadline) => Promise<Proof>;

/** Throws where there is no answer. */
export type AskSts = (
  token: UnverifiedToken,
  deadline: Deadline,
) => Promise<StsResponse & { readonly requestId: string | undefined }>;

export function proveIdentity(askSts: AskSts, ownPartition: string): ProveIdentity {
  return async (token, deadline) => {
    const reply = await askSts(token, deadline);
    return { result: judge(reply, ownPartition, token.accessKeyId), stsRequestId: reply.requestId };
  };
}

function judge(reply: StsResponse, ownPartition: string, accessKeyId: string): VerifiedIdentity | Denial {
  try {
    return verifyIdentity(readStsResponse(reply), ownPartition, accessKeyId);
  } catch (error) {
    if (error instanceof Denial) return error;
    throw error;
  }
}
