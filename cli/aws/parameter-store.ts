// Reads parameters: those below a path, some by name, or the history of one.

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
import { isAwsError } from "../../functions/lib/aws-error.ts";
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
  const parameters = new Map(
    Parameters.map(stored).map((parameter) => [parameter.name, parameter]),
  );
  // A proxy's `{}` must not read as "no denials".
  const unanswered = names.find(
    (name) => !parameters.has(name) && !InvalidParameters.includes(name),
  );
  if (unanswered === undefined) return parameters;
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
