// Reading a cluster's parameters: all of them, some by name, or one with its history.

import {
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  ParameterNotFound,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import type { MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import { callersParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type Stored, stored, type Version, version } from "./parameter.ts";
import { rateLimited } from "./rate-limit.ts";

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
const PAGE = 10;

/** One path of several parameters each, and one parameter each: of an account. */
const BRANCHES: readonly MappingKind[] = ["role", "user", "federated-user", "sso"];
const LEAVES: readonly MappingKind[] = ["root", "account", "pattern"];

interface Reading {
  readonly prefix: string;
  /** Only this account's: then no call names anything else, since who asks may read nothing else. */
  readonly account?: string | undefined;
  /** Calls a second; as many may come at once after a pause. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly onCount?: (count: number) => void;
}

/** Every parameter under the prefix but the callers' list, in the order of their names. */
export async function readAll(
  ssm: SSMClient,
  { prefix, account, rate, signal, onCount = () => {} }: Reading,
): Promise<Map<string, Stored>> {
  const pace = rateLimited(rate, Math.max(1, rate));
  const paths = account === undefined ? [prefix] : BRANCHES.map((kind) => mappingParameter(prefix, kind, account));
  const found: Stored[] = [];
  for (const Path of paths) {
    let NextToken: string | undefined;
    do {
      await pace(signal);
      const command = new GetParametersByPathCommand({ Path, Recursive: true, MaxResults: PAGE, NextToken });
      const page = await ssm.send(command, { abortSignal: signal });
      found.push(...(page.Parameters ?? []).map(stored));
      NextToken = page.NextToken;
      onCount(found.length);
    } while (NextToken !== undefined);
  }
  if (account !== undefined) {
    const names = LEAVES.map((kind) => mappingParameter(prefix, kind, account));
    found.push(...(await readSome(ssm, names, signal)).values());
  }
  const mappings = found.filter(({ name }) => name !== callersParameter(prefix));
  return new Map(mappings.sort((a, b) => (a.name < b.name ? -1 : 1)).map((parameter) => [parameter.name, parameter]));
}

/** At most ten names; one that does not exist is not in the answer. */
export async function readSome(ssm: SSMClient, names: readonly string[], signal: AbortSignal) {
  const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: [...names] }), { abortSignal: signal });
  return new Map(Parameters.map(stored).map((parameter) => [parameter.name, parameter]));
}

/** Newest first; empty where there is no such parameter. */
export async function readHistory(ssm: SSMClient, name: string, signal: AbortSignal): Promise<Version[]> {
  const versions: Version[] = [];
  let NextToken: string | undefined;
  try {
    do {
      const command = new GetParameterHistoryCommand({ Name: name, NextToken });
      const page = await ssm.send(command, { abortSignal: signal });
      versions.push(...(page.Parameters ?? []).map(version));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  } catch (error) {
    if (error instanceof ParameterNotFound) return [];
    throw error;
  }
  return versions.sort((a, b) => b.version - a.version);
}
