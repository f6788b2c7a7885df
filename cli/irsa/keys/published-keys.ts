// The issuer's keys as Parameter Store has them, each with what the function makes of it.

import { paginateGetParametersByPath } from "@aws-sdk/client-ssm";
import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { issuerPath, keySetOf } from "../../../functions/issuer/keys.ts";
import type { Connection } from "../../aws/connection.ts";
import { ending } from "../../aws/pages.ts";
import { type Stored, stored } from "../../aws/parameter.ts";

export interface PublishedKey {
  readonly stored: Stored;
  /** The end of the parameter's name. */
  readonly kid: string;
  /** Where it is served. */
  readonly key?: IssuerKey;
  /** Why it is not. */
  readonly problem?: string;
}

/** In the order of their names. */
export async function readPublishedKeys({ ssm, context }: Connection, signal: AbortSignal): Promise<PublishedKey[]> {
  const path = issuerPath(context.prefix);
  const found: Stored[] = [];
  const pages = paginateGetParametersByPath({ client: ssm }, { Path: path }, { abortSignal: signal });
  for await (const { Parameters = [] } of ending(pages)) {
    found.push(...Parameters.map(stored));
  }
  const { keys, invalid } = keySetOf(context.prefix, new Map(found.map((parameter) => [parameter.name, parameter])));
  return found
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((parameter): PublishedKey => {
      const kid = parameter.name.slice(path.length + 1);
      const problem = invalid.find((one) => one.parameter === parameter.name)?.problem;
      if (problem !== undefined) return { stored: parameter, kid, problem };
      const key = keys.find((one) => one.kid === kid);
      return { stored: parameter, kid, ...(key !== undefined && { key }) };
    });
}

/** The parameters by their names, for a plan. */
export function byName(keys: readonly PublishedKey[]): Map<string, Stored> {
  return new Map(keys.map(({ stored }) => [stored.name, stored]));
}

/** For a list: `RS256, 2048 bits`, `ES256`. */
export function describeKey(key: IssuerKey): string {
  if (key.kty === "EC") return key.alg;
  return `${key.alg}, ${Buffer.from(key.n, "base64url").length * 8} bits`;
}
