// Requires --new to write to a cluster that does not exist: a typo in --cluster must not create one.

import { CloudFormationClient, type Output, paginateDescribeStacks, type Stack } from "@aws-sdk/client-cloudformation";
import { paginateGetParametersByPath } from "@aws-sdk/client-ssm";
import { defaultStackName } from "../../functions/settings/stack.ts";
import { watched } from "../aws/calls.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import type { Stored } from "../aws/parameter.ts";
import { ending, endingPages } from "../aws/read.ts";
import { awsRequestHandler } from "../aws/request-handler.ts";
import { EXIT, usage } from "../errors.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { placeOf } from "./destination.ts";
import { readMappings } from "./read-for-access.ts";

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
const PAGE = 10;
/** Enough to list the clusters of most accounts in a message. */
const MAX_PAGES = 20;

/** @param known the cluster's parameters that were read: one is enough to prove that it exists */
export async function requireCluster(
  known: ReadonlyMap<string, Stored>,
  connection: Connection,
  options: { readonly new?: true },
  io: IOStreams,
): Promise<void> {
  if (known.size > 0 || options.new) return;
  const { context, settings, account } = connection;
  const { clusterId } = settings;
  const unseen = new Set<string>();
  /** A failed read does not stop the command: the confirmation names the cluster. */
  async function look<T>(action: string, work: () => Promise<readonly T[]>): Promise<readonly T[]> {
    try {
      return await work();
    } catch (error) {
      const failure = toFailure(error);
      if (failure?.exitCode !== EXIT.fault) throw error;
      const isDenied = error instanceof Error && /^AccessDenied/.test(error.name);
      unseen.add(isDenied ? `no permission for ${action}` : failure.message.replace(/\.$/, ""));
      return [];
    }
  }
  const parameters = (path: string, pages: number, pageSize: number) =>
    look("ssm:GetParametersByPath", () => namesBelow(path, pages, pageSize, connection, io));
  const stacks = (name?: string) => look("cloudformation:DescribeStacks", () => stacksOf(name, connection, io));

  const own =
    account === undefined
      ? await parameters(context.prefix, 1, 1)
      : await look("ssm:GetParametersByPath", async () => [...(await readMappings(connection, io)).keys()]);
  if (own.length > 0) return;
  const stack = defaultStackName(clusterId);
  for (const name of [stack, stack.replace("IamAuthenticator-", ISSUER)]) {
    if ((await stacks(name)).length > 0) return;
  }
  const found = new Set((await stacks()).flatMap(clustersOf));
  if (found.has(clusterId)) return;
  if (unseen.size > 0) {
    io.tell(`Cannot check whether the cluster ${clusterId} exists: ${[...unseen].join("; ")}.\n`);
    return;
  }
  const parent = context.prefix.slice(0, context.prefix.lastIndexOf("/"));
  for (const name of parent === "" ? [] : await parameters(parent, MAX_PAGES, PAGE)) {
    found.add(name.slice(parent.length + 1).split("/")[0] ?? "");
  }
  throw usage(
    `The cluster ${clusterId} does not exist in ${await placeOf(connection, undefined, io)}: it has no stack ${stack} and no parameter below ` +
      `${context.prefix}. ` +
      `${found.size === 0 ? "No cluster was found there." : `Clusters there: ${[...found].sort().join(", ")}.`} ` +
      "Check --cluster, --region and --profile. To write to a new cluster, use --new.",
  );
}

/** The stack of a cluster's issuer (infra/issuer/issuer-stack.ts). */
const ISSUER = "IamAuthenticatorIssuer-";

/** A stack can have any name. Its outputs contain the cluster. */
function clustersOf({ StackName = "", Outputs = [] }: Stack): string[] {
  const named = Outputs.flatMap(
    ({ OutputValue = "" }) => / callers add \S+ --cluster (\S+)/.exec(OutputValue)?.[1] ?? [],
  );
  if (named.length > 0) return named;
  return [/^IamAuthenticator(?:Issuer)?-(.+)/.exec(StackName)?.[1] ?? []].flat();
}

/** The endpoints of the cluster's stack; none if it cannot be read or has another name. */
export async function endpointsOf(connecting: Connection | Promise<Connection>, io: IOStreams): Promise<URL[]> {
  try {
    const connection = await connecting;
    const stacks = await stacksOf(defaultStackName(connection.settings.clusterId), connection, io);
    return stacks.flatMap(({ Outputs = [] }) => Outputs.flatMap(endpointOf));
  } catch (error) {
    io.interrupted.throwIfAborted();
    if (toFailure(error) === undefined) throw error;
    return [];
  }
}

/** In a user's CDK app, an output's name has the construct's path as prefix and a hash as suffix. */
function endpointOf({ OutputKey = "", OutputValue = "" }: Output): URL[] {
  return /Endpoint(?:[0-9A-F]{8})?$/.test(OutputKey) && URL.canParse(OutputValue) ? [new URL(OutputValue)] : [];
}

/** @param StackName `undefined` for all stacks */
export async function stacksOf(
  StackName: string | undefined,
  { ssm, settings }: Connection,
  io: IOStreams,
): Promise<Stack[]> {
  const config = {
    region: settings.region,
    credentials: ssm.config.credentials,
    maxAttempts: 2,
    requestHandler: awsRequestHandler(io, 5_000),
  };
  const client = watched(new CloudFormationClient(config), io);
  const idOf = ({ StackId, StackName: name }: Stack) => `${StackId ?? name}`;
  const stacks: Stack[] = [];
  try {
    const pages = paginateDescribeStacks({ client }, { StackName }, { abortSignal: io.interrupted });
    const ending = endingPages(pages, "CloudFormation", ({ Stacks = [] }) => Stacks.map(idOf));
    for await (const { Stacks = [] } of ending) stacks.push(...Stacks);
    return stacks.filter(({ StackStatus }) => StackStatus !== "DELETE_COMPLETE");
  } catch (error) {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    if (error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message)) return [];
    throw error;
  } finally {
    client.destroy();
  }
}

async function namesBelow(
  path: string,
  pages: number,
  pageSize: number,
  { ssm: client }: Connection,
  { interrupted: abortSignal }: IOStreams,
): Promise<string[]> {
  const names: string[] = [];
  const found = paginateGetParametersByPath({ client, pageSize }, { Path: path, Recursive: true }, { abortSignal });
  let left = pages;
  for await (const { Parameters = [] } of ending(found)) {
    names.push(...Parameters.map(({ Name = "" }) => Name));
    left -= 1;
    // A page may be empty and still have a successor.
    if (left <= 0 && names.length > 0) break;
  }
  return names;
}
