// The issuer's keys in Parameter Store.

import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { issuerPath, keySetOf } from "../../../functions/issuer/keys.ts";
import type { Connection } from "../../aws/connection.ts";
import type { Stored } from "../../aws/parameter.ts";
import { readBranch } from "../../aws/read.ts";

export interface PublishedKey {
  readonly stored: Stored;
  /** Last part of the parameter's name. */
  readonly kid: string;
  /** Set if the issuer serves it. */
  readonly key: IssuerKey | undefined;
  /** Why the issuer does not serve it. */
  readonly problem: string | undefined;
}

/** Sorted by name. */
export async function readPublishedKeys({ ssm, context }: Connection, signal: AbortSignal): Promise<PublishedKey[]> {
  const path = issuerPath(context.prefix);
  const found: Stored[] = [];
  for await (const page of readBranch(ssm, path, async () => {}, signal)) found.push(...page);
  const { keys, invalid } = keySetOf(context.prefix, new Map(found.map((stored) => [stored.name, stored])));
  return found
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((stored): PublishedKey => {
      const kid = stored.name.slice(path.length + 1);
      const problem = invalid.find(({ parameter }) => parameter === stored.name)?.problem;
      return { stored, kid, key: keys.find((one) => one.kid === kid), problem };
    });
}

/** The parameters by their names, for a plan. */
export function byName(keys: readonly PublishedKey[]): Map<string, Stored> {
  return new Map(keys.map(({ stored }) => [stored.name, stored]));
}

/** Algorithm and size for lists: `RS256, 2048 bits` or `ES256`. */
export function describeKey(key: IssuerKey): string {
  if (key.kty === "EC") return key.alg;
  return `${key.alg}, ${Buffer.from(key.n, "base64url").length * 8} bits`;
}
