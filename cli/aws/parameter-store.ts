// Reads a cluster's parameters: all of them, some by name, or the history of one.

import {
  GetParameterCommand,
  type GetParameterHistoryResult,
  type GetParametersByPathResult,
  GetParametersCommand,
  type Parameter,
  type ParameterHistory,
  paginateGetParameterHistory,
  paginateGetParametersByPath,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { callersParameter } from "../../functions/authenticator/caller/caller.ts";
import { KINDS, kindsWhere } from "../../functions/authenticator/mapping/kinds.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { issuerPath } from "../../functions/issuer/key-parameter.ts";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { clusterPath } from "../../functions/settings/cluster-parameter.ts";
import { settingsPath } from "../../functions/settings/stored-settings.ts";
import type { ParameterVersion, VersionedParameter } from "../model/stored.ts";
import { unusableAnswer } from "./errors.ts";
import type { RateLimit } from "./rates.ts";

function stored({
  Name = "",
  Value = "",
  Type,
  Version = 0,
  LastModifiedDate,
  ARN,
}: Parameter): VersionedParameter {
  return {
    name: Name,
    value: Value,
    secure: Type === "SecureString",
    version: Version,
    modified: LastModifiedDate?.getTime() ?? 0,
    ...(ARN !== undefined && { account: ARN.split(":")[4] ?? "" }),
  };
}

function version(history: ParameterHistory): ParameterVersion {
  return {
    ...stored(history),
    by: history.LastModifiedUser ?? "",
    description: history.Description ?? "",
  };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
const PAGE = 10;

/** The kinds with several parameters for an account, and those with one. */
const BRANCHES = kindsWhere((kind) => KINDS[kind].path === "named");

const LEAVES = kindsWhere((kind) => KINDS[kind].path !== "named");

interface ReadAllRequest {
  readonly prefix: string;
  /** Reads only this account's parameters: the operator may have no permission for others. */
  readonly account?: string | undefined;
  /** Whether to read the list of callers too. It cannot be set with `account`. */
  readonly callers?: boolean;
  /** Called before each page. */
  readonly waitForTurn: RateLimit;
  readonly signal: AbortSignal;
  readonly onCount?: (count: number) => void;
}

/**
 * Returns every parameter below the prefix, sorted by name. Skips issuer keys, published clusters,
 * settings and, without `callers`, the list of callers.
 */
export async function readParameters(
  ssm: SSMClient,
  { prefix, account, callers = false, waitForTurn, signal, onCount = () => {} }: ReadAllRequest,
): Promise<Map<string, VersionedParameter>> {
  const paths =
    account === undefined
      ? [prefix]
      : BRANCHES.map((kind) => mappingParameter(prefix, kind, account));
  const found: VersionedParameter[] = [];
  for (const path of paths) {
    for await (const page of readBranch(ssm, path, waitForTurn, signal)) {
      found.push(...page);
      onCount(found.length);
    }
  }
  if (account !== undefined) {
    const names = LEAVES.map((kind) => mappingParameter(prefix, kind, account));
    found.push(...(await readSome(ssm, names, signal)).values());
  }
  const isOther = (name: string) =>
    (name === callersParameter(prefix) && !callers) ||
    [issuerPath(prefix), clusterPath(prefix), settingsPath(prefix)].some((path) =>
      name.startsWith(`${path}/`),
    );
  const mappings = found.filter(({ name }) => !isOther(name));
  return new Map(
    mappings
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((parameter) => [parameter.name, parameter]),
  );
}

/** Yields every parameter below a path, page by page, unsorted. */
export async function* readBranch(
  ssm: SSMClient,
  Path: string,
  waitForTurn: RateLimit,
  signal: AbortSignal,
) {
  const pages = paginateGetParametersByPath(
    { client: ssm, pageSize: PAGE },
    { Path, Recursive: true },
    { abortSignal: signal },
  );
  await waitForTurn(signal);
  for await (const { Parameters = [], NextToken } of withLists(pages)) {
    yield Parameters.map(stored);
    // The loop requests the next page only after this.
    if (NextToken !== undefined) await waitForTurn(signal);
  }
}

/**
 * Reads one parameter, which needs another permission than `readSome`; `undefined` if it does not
 * exist.
 */
export async function readOne(
  ssm: SSMClient,
  name: string,
  signal: AbortSignal,
): Promise<VersionedParameter | undefined> {
  try {
    const command = new GetParameterCommand({ Name: name });
    const { Parameter } = await ssm.send(command, { abortSignal: signal });
    if (Parameter?.Name === name && Parameter.Value !== undefined) return stored(Parameter);
  } catch (error) {
    if (isAwsError(error, "ParameterNotFound")) return undefined;
    throw error;
  }
  throw unusableAnswer("SSM GetParameter", `${name} is missing`);
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
export const AT_ONCE = 10;

/** Reads up to ten parameters. The result omits those that do not exist. */
export async function readSome(ssm: SSMClient, names: readonly string[], signal: AbortSignal) {
  const command = new GetParametersCommand({ Names: [...names] });
  const { Parameters = [], InvalidParameters = [] } = await ssm.send(command, {
    abortSignal: signal,
  });
  const found = new Map(Parameters.map(stored).map((parameter) => [parameter.name, parameter]));
  // A proxy's `{}` must not read as "no denials".
  const unanswered = names.find((name) => !found.has(name) && !InvalidParameters.includes(name));
  if (unanswered === undefined) return found;
  throw unusableAnswer("SSM GetParameters", `${unanswered} is missing`);
}

/** Returns the versions, newest first; none if the parameter does not exist. */
export async function readHistory(
  ssm: SSMClient,
  name: string,
  signal: AbortSignal,
): Promise<ParameterVersion[]> {
  const versions: ParameterVersion[] = [];
  try {
    const pages = paginateGetParameterHistory(
      { client: ssm },
      { Name: name },
      { abortSignal: signal },
    );
    for await (const { Parameters = [] } of withLists(pages))
      versions.push(...Parameters.map(version));
  } catch (error) {
    if (isAwsError(error, "ParameterNotFound")) return [];
    throw error;
  }
  return versions.sort((a, b) => b.version - a.version);
}

/** Passes on pages of Parameter Store. Throws if one has no list. */
async function* withLists<P extends GetParameterHistoryResult | GetParametersByPathResult>(
  pages: AsyncIterable<P>,
) {
  for await (const page of pages) {
    // AWS sends an empty list. A proxy's `{}` must not read as "no mappings and no denials".
    if (page.Parameters === undefined) throw unusableAnswer("SSM", "Parameters is missing");
    yield page;
  }
}
