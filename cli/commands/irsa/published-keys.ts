// The issuer's keys in Parameter Store.

import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { keySetOf } from "../../../functions/issuer/keys.ts";
import { issuerPath } from "../../../functions/parameters/names.ts";
import { readBranch } from "../../aws/parameter-store.ts";
import type { Store } from "../../aws/store.ts";
import type { VersionedParameter } from "../../model/stored.ts";

/** A parameter below the issuer's path, and the key in it. */
export interface PublishedKey {
  readonly stored: VersionedParameter;
  readonly kid: string;
  /** The key; `undefined` if the issuer does not serve it. */
  readonly key: IssuerKey | undefined;
  /** A phrase that states why the issuer does not serve it. */
  readonly problem: string | undefined;
}

/** Returns the keys, sorted by name. */
export async function readPublishedKeys(
  { ssm, review }: Store,
  signal: AbortSignal,
): Promise<PublishedKey[]> {
  const path = issuerPath(review.prefix);
  const parameters: VersionedParameter[] = [];
  for await (const page of readBranch(ssm, path, async () => {}, signal)) parameters.push(...page);
  const { keys, invalid } = keySetOf(
    review.prefix,
    new Map(parameters.map((stored) => [stored.name, stored])),
  );
  return parameters
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((stored) => {
      const kid = stored.name.slice(path.length + 1);
      const problem = invalid.find(({ parameter }) => parameter === stored.name)?.problem;
      return { stored, kid, key: keys.find((served) => served.kid === kid), problem };
    });
}

/** Returns the parameters by their names, for a plan. */
export function byName(keys: readonly PublishedKey[]): Map<string, VersionedParameter> {
  return new Map(keys.map(({ stored }) => [stored.name, stored]));
}

/** Returns algorithm and size for lists: `RS256, 2048 bits` or `ES256`. */
export function describeKey(key: IssuerKey): string {
  if (key.kty === "EC") return key.alg;
  return `${key.alg}, ${Buffer.from(key.n, "base64url").length * 8} bits`;
}
