// Decides which of the requested audiences a token is valid for.

import { denial } from "../../errors.ts";

/**
 * The requested audiences that are configured. `undefined` omits `status.audiences`, which kube-apiserver treats as its
 * own audience. Echoing the request would make a token for this cluster valid for a foreign service that asks
 * kube-apiserver to review it.
 */
export function acceptedAudiences(
  requested: readonly string[] | undefined,
  configured: readonly string[],
): readonly string[] | undefined {
  if (requested === undefined || configured.length === 0) return undefined;
  const accepted = requested.filter((audience) => configured.includes(audience));
  if (accepted.length === 0) throw denial("audience_foreign", "none of the requested audiences is in AUDIENCES");
  return accepted;
}
