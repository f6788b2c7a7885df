// Checks a cluster in AWS: its URL, callers, mappings, stores and concurrency.

import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
} from "@aws-sdk/client-lambda";
import { isObject } from "../../../functions/lib/json.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { defaultStackName } from "../../../functions/settings/stack.ts";
import { watched } from "../../aws/calls.ts";
import type { ClientConfig } from "../../aws/client.ts";
import { type Connection, connect, shellFor } from "../../aws/connection.ts";
import { isAccessDenied, toFailure } from "../../aws/errors.ts";
import { type Explanation, explainToken } from "../../aws/review.ts";
import type { ClusterPlace } from "../../aws/store.ts";
import { type Advice, adviceFor, type Check, failed, ok, warning } from "../../cmdline/advice.ts";
import { type ChosenCluster, clustersIn } from "../../cmdline/chosen-clusters.ts";
import { readConfig } from "../../cmdline/contexts.ts";
import { EXIT } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { differentSettings, settingsFrom } from "../../model/function-settings.ts";
import { lintDenials } from "../../model/lint/denials.ts";
import { isStored, type VersionedParameter } from "../../model/stored.ts";
import { callerState, readCallers } from "../../plan/callers.ts";
import { readToCompare } from "../../plan/compare-stores.ts";
import { pagesBelow } from "../../plan/read.ts";

/**
 * Compares the URL with the stack's. `endpoint` is that of the stack, unless it cannot be read or
 * has another name.
 */
export function checkUrl(url: URL, endpoint: string | undefined, place: ClusterPlace): Check[] {
  if (endpoint === undefined) return [];
  const stack = defaultStackName(place.cluster);
  const { host, href } = new URL(endpoint);
  if (host === url.host) return [ok("url", `${host} is the endpoint of the stack ${stack}`)];
  const advice: Advice = ({ program }) => ({
    before: "check --cluster; if the endpoint has moved, write a new file for kube-apiserver:",
    command: `${program} kubeconfig webhook --from <old kubeconfig> --endpoint ${href}`,
  });
  return [warning("url", `${url.host} is not the endpoint of the stack ${stack}, ${host}`, advice)];
}

/** Checks whether a caller with a token remains, for a caller that proved itself by IAM. */
export async function checkCallers(connecting: Promise<Connection>, run: Run): Promise<Check> {
  try {
    const connection = await connecting;
    const { entries } = await readCallers(connection, run.interrupted);
    const accepted = entries.filter(
      (entry) => callerState(entry, connection.review.now) === "accepted",
    );
    const withToken = accepted.filter(
      (entry) => isObject(entry) && entry["sha256"] !== undefined,
    ).length;
    const seen = `${accepted.length - withToken} by IAM, ${withToken} with a token`;
    if (withToken > 0) return ok("callers", seen);
    const advice: Advice = ({ spell }) =>
      `keep a second way in: ${spell("callers add rescue", "--out rescue.kubeconfig")}. Without it, logins fail when the timer that ` +
      "renews the tokens stops, and after a rollback to a version that does not know IAM callers";
    return warning("callers", seen, advice);
  } catch (error) {
    return notChecked("callers", error, ({ spell }) => ({
      before: "one caller should have a token. Where ssm:GetParameters is allowed, run:",
      command: spell("callers list"),
    }));
  }
}

/** The alias that serves reviews: infra/function/function.ts. */
const ALIAS = "live";

const ALLOW_CONFIGURATION = `allow lambda:GetFunctionConfiguration on the function's alias ${ALIAS}`;

/** Compares the stored settings with the function's own, where this principal may read them. */
export async function checkSettings(
  connecting: Promise<Connection>,
  run: Run,
  functionName: string | undefined,
): Promise<Check> {
  const name = "settings";
  const advice = "deploy the stack, which writes them; then run this again";
  try {
    const connection = await connecting;
    const { config, functions } = connection;
    const { version, problem, notes, settings } = functions.own;
    if (problem !== undefined) return failed(name, problem, advice);
    if (version === undefined)
      return warning(name, notes.join(" "), `${advice}, or allow ssm:GetParameters on them`);
    const seen = [`stored by version ${version}`, ...notes].join(". ");
    if (functionName === undefined) return ok(name, seen);
    const client = watched(new LambdaClient(config), run);
    const command = new GetFunctionConfigurationCommand({
      FunctionName: functionName,
      Qualifier: ALIAS,
    });
    const { Environment, Version } = await client.send(command, { abortSignal: run.interrupted });
    // Absent without permission for the key that encrypts them.
    const variables = Environment?.Variables;
    if (variables === undefined)
      return warning(
        name,
        `${seen}. Not compared: no variables in the response`,
        ALLOW_CONFIGURATION,
      );
    const different = differentSettings(
      settings,
      settingsFrom(variables, shellFor(connection, run)),
    );
    if (different.length === 0) return ok(name, `${seen}, and equal to the function's`);
    const moved =
      "if the alias was moved by hand, move it back to the deployed version; otherwise deploy the stack";
    return failed(name, `version ${Version} of the function has other ${listed(different)}`, moved);
  } catch (error) {
    return notChecked(name, error, ALLOW_CONFIGURATION);
  }
}

/** Looks up the operator's mapping, with the function's settings. */
export async function checkOwnMapping(token: string, connecting: Promise<Connection>, run: Run) {
  try {
    const connection = await connecting;
    const check = mappingCheck(
      await explainToken(token, connection, run),
      connection.review.prefix,
    );
    return [check, ...regionsCheck(connection)];
  } catch (error) {
    const advice = isAccessDenied(error)
      ? "allow ssm:GetParameters here, or run explain where that is allowed"
      : "run explain where STS and Parameter Store can be reached";
    return [notChecked("mapping", error, advice)];
  }
}

/** Checks the deny lists as `mappings lint` does. */
export async function checkDenials(connecting: Promise<Connection>, run: Run): Promise<Check[]> {
  const name = "denials";
  try {
    const connection = await connecting;
    const { prefix } = connection.review;
    const lists = new Map<string, VersionedParameter>();
    for await (const page of pagesBelow(`${prefix}/deny`, connection, run)) {
      for (const stored of page) lists.set(stored.name, stored);
    }
    const findings = lintDenials(lists, connection.review);
    if (findings.length === 0)
      return [ok(name, `${lists.size} ${lists.size === 1 ? "list has" : "lists have"} room`)];
    const advice: Advice = ({ spell }) => ({
      before: "for all findings, run:",
      command: spell("mappings lint"),
    });
    return findings.map(({ where, message }) => warning(name, `${where}: ${message}`, advice));
  } catch (error) {
    return [
      notChecked(
        name,
        error,
        "allow ssm:GetParametersByPath here, or run mappings lint where that is allowed",
      ),
    ];
  }
}

/** Returns no warning, since the command does not know whether users sign for another region. */
function regionsCheck({ functions, hasSettings, config }: Connection): Check[] {
  if (!hasSettings) return [];
  const { regions, budgeted } = functions.own.settings.stsHosts;
  const name = "sts regions";
  if (budgeted.size === 0)
    return [ok(name, `${[...regions].join(", ")}: logins for them wait for no others`)];
  const seen =
    `any. If users sign for another than ${config.region}, strangers can make their logins fail: ` +
    "set stsRegions to the users' regions (SECURITY.md)";
  return [ok(name, seen)];
}

/** Returns a warning, not a failure: the operator may not have the permission. */
function notChecked(check: string, error: unknown, advice: Advice): Check {
  const failure = toFailure(error);
  if (failure === undefined || failure.exitCode === EXIT.usage) throw error;
  return warning(check, `not checked: ${failure.message}`, advice);
}

function mappingCheck(
  { evaluations = [], parameter, refusal }: Explanation,
  prefix: string,
): Check {
  const name = parameter && shortName(parameter, prefix);
  if (refusal === undefined && name !== undefined) return ok("mapping", name);
  const advice: Advice =
    adviceFor(refusal?.code ?? "") ??
    (({ spell }) => ({
      before: "for the reason, run:",
      command: spell("explain", "--token-file <file>"),
    }));
  if (name !== undefined) return failed("mapping", `${name}: ${refusal?.code}`, advice);
  if (evaluations.length === 0)
    return warning("mapping", `not looked up: ${refusal?.code}`, advice);
  const looked = evaluations
    .filter(({ place }) => place !== "deny-account" && place !== "deny-any")
    .map((evaluation) => shortName(evaluation.parameter, prefix))
    .join(", ");
  return failed("mapping", `no match in ${looked}, below ${prefix}`, advice);
}

/** Fewer do not suffice for a restart of the control plane, when all users log in at once. */
const ENOUGH_EXECUTIONS = 50;

/**
 * Lambda keeps 100 executions of a quota unreserved:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
const RESERVABLE = 100 + 8;

const ALLOW_ACCOUNT_SETTINGS =
  "allow lambda:GetAccountSettings here, or run aws lambda get-account-settings";

/**
 * Checks how many executions the account and Region allow at once.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export async function checkConcurrency(config: ClientConfig, run: Run): Promise<Check> {
  const name = "concurrency";
  try {
    const client = watched(new LambdaClient(config), run);
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}), {
      abortSignal: run.interrupted,
    });
    const { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: free } =
      AccountLimit ?? {};
    if (limit === undefined || free === undefined)
      return warning(name, "not checked: the response has no limit", ALLOW_ACCOUNT_SETTINGS);
    const seen = `${limit} concurrent executions in ${config.region}, ${free} of them unreserved`;
    const request = 'request 1,000 in Service Quotas: "Concurrent executions" of AWS Lambda';
    if (limit < ENOUGH_EXECUTIONS) {
      return warning(
        name,
        seen,
        `${request}. Until then, logins share them with every other function of the account`,
      );
    }
    if (free < limit || limit < RESERVABLE) return ok(name, seen);
    return ok(
      name,
      `${seen}. For production, reserve 8 for logins (docs/deploy.md): other functions cannot use those`,
    );
  } catch (error) {
    return notChecked(name, error, ALLOW_ACCOUNT_SETTINGS);
  }
}

/** Compares mappings, denials and callers with those of the other contexts of the cluster's id. */
export async function checkStores(
  place: ClusterPlace,
  hasStandby: boolean,
  run: Run,
): Promise<readonly Check[]> {
  const contexts = clustersIn(await readConfig(run.environment)).filter(
    ({ cluster }) => cluster === place.cluster,
  );
  if (contexts.length >= 2) {
    const checks: Check[] = [];
    for (const context of contexts) checks.push(...(await compareStores(place, context, run)));
    return checks;
  }
  if (!hasStandby) return [];
  const advice = "add one to the configuration file";
  return [warning("stores", "not compared: the standby has no context", advice)];
}

/** Compares the stores of two contexts; no check if both have the same store. */
async function compareStores(
  place: ClusterPlace,
  context: ChosenCluster,
  run: Run,
): Promise<readonly Check[]> {
  const name = "stores";
  const { cluster, profile } = place;
  const advice = `to see it, run mappings diff -c ${cluster} and callers list -c ${cluster}; then repeat the change that is missing. For a setting, deploy both stacks with the same one, and the standby with nodeRegion of the primary`;
  try {
    const own = await connect(place, {}, run);
    const other = await connect({ ...(profile && { profile }), ...context }, {}, run);
    const isSameRegion = own.config.region === other.config.region;
    if (isSameRegion && own.review.prefix === other.review.prefix) return [];
    const different = await differencesOf(own, other, run);
    const check =
      different.length === 0
        ? ok(name, `equal to ${context.name}`)
        : failed(name, `different in ${context.name}: ${listed(different)}`, advice);
    const { version, notes } = other.functions.own;
    if (version !== undefined) return [check];
    return [check, warning(name, notes.join(" "), "deploy the other stack, which stores them")];
  } catch (error) {
    return [notChecked(name, error, advice)];
  }
}

/** Returns the names of the parameters and settings that differ between two stores. */
async function differencesOf(own: Connection, other: Connection, run: Run): Promise<string[]> {
  const ours = await readToCompare(own, run, { callers: true });
  const theirs = await readToCompare(other, run, { callers: true });
  const names = [...new Set([...ours.keys(), ...theirs.keys()])];
  const ownFunction = own.functions.own;
  const otherFunction = other.functions.own;
  return [
    ...names.filter((name) => !isStored(theirs.get(name)?.value, ours.get(name))),
    ...differentSettings(ownFunction.settings, otherFunction.settings),
    ...(ownFunction.nodeLookup === otherFunction.nodeLookup ? [] : ["nodes"]),
  ];
}
