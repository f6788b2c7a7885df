// For whom a token is good: never simply for whom the request asks.

import { AudienceForeign } from "../../errors.ts";

/**
 * The intersection of what is asked for and what is configured. `undefined` leaves `status.audiences` out, which
 * kube-apiserver takes as its own audience. Echoing the request would make a token for this cluster good for a foreign
 * service that asks kube-apiserver to review it.
 */
export function acceptedAudiences(
  requested: readonly string[] | undefined,
  configured: readonly string[],
): readonly string[] | undefined {
  if (requested === undefined || configured.length === 0) return undefined;
  const accepted = requested.filter((audience) => configured.includes(audience));
  if (accepted.length === 0) throw new AudienceForeign("none of the requested audiences is in AUDIENCES");
  return accepted;
}
