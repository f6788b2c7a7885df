// `doctor`: checks a deployed endpoint, and reports how to fix it.

import { API_VERSIONS } from "../../../functions/authenticator/review/token-review.ts";
import { hasTokenPrefix } from "../../../functions/authenticator/token/token.ts";
import { PROBE_AGENT } from "../../../functions/lib/probe.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { type AwsAccess, clientConfig } from "../../aws/client.ts";
import { connect } from "../../aws/connection.ts";
import { outputsOfCluster } from "../../aws/stacks.ts";
import { findCredentials, signToken } from "../../aws/tokens.ts";
import {
  type Check,
  failed,
  failureOf,
  NO_REVIEWS,
  ok,
  printChecks,
  type SpelledCheck,
  warning,
  withCommands,
} from "../../cmdline/advice.ts";
import type { ChosenCluster, Clusters } from "../../cmdline/chosen-clusters.ts";
import { inEachCluster, throwWorst, withCluster } from "../../cmdline/clusters.ts";
import type { OutputOptions } from "../../cmdline/options.ts";
import { silentExit, usage } from "../../io/errors.ts";
import { failureReason } from "../../io/http.ts";
import type { Run } from "../../io/run.ts";
import { type Endpoint, NoReply, openEndpoint } from "../../kube/client.ts";
import { readKubeconfig, type Webhook } from "../../kube/kubeconfig.ts";
import { readWebhookFiles, type WebhookFiles } from "../../kube/webhook-files.ts";
import {
  checkCallers,
  checkConcurrency,
  checkDenials,
  checkOwnMapping,
  checkSettings,
  checkStores,
  checkUrl,
} from "./check-cluster.ts";
import {
  checkCaller,
  checkClientCertificate,
  checkKubeconfig,
  checkLatency,
  checkReachable,
  checkReview,
} from "./check-endpoint.ts";
import { checkPlace } from "./check-place.ts";

interface DoctorOptions extends OutputOptions, Partial<WebhookFiles> {
  readonly allContexts?: true;
  readonly kubeconfig?: string;
  readonly jwt?: true;
}

export async function doctor(clusters: Clusters, options: DoctorOptions, run: Run): Promise<void> {
  if (clusters.isSeveral && (options.kubeconfig ?? options.endpoint) !== undefined) {
    throw usage(
      "--kubeconfig and --endpoint are for one cluster. For several, set webhookKubeconfig in each context of the " +
        "configuration file.",
    );
  }
  const chosen = withoutStandbys(clusters.chosen);
  const isSeveral = chosen.length > 1 || options.allContexts === true;
  const check = (cluster: ChosenCluster, own: Run) => checkCluster(cluster, options, own);
  const { results, failures } = await inEachCluster({ chosen, isSeveral }, run, check, {
    atOnce: 1,
  });
  if (options.output === "table") {
    for (const { cluster, value } of results) {
      if (clusters.isSeveral) run.print(`${cluster}\n`);
      await printChecks(value, options.output, run);
    }
  } else {
    const checks = results.flatMap(({ cluster, value }) =>
      value.map((check) => withCluster(clusters, cluster, check)),
    );
    await printChecks(checks, options.output, run);
  }
  throwWorst(failures);
  if (results.some(({ value }) => value.some(({ state }) => state === "failed")))
    throw silentExit();
  if (options.output === "table") run.log(NOT_CHECKED);
}

/** What no request to the endpoint shows. */
const NOT_CHECKED = `If logins fail all the same, ${NO_REVIEWS}.\n`;

/**
 * Returns the clusters without contexts of the same id that have no kubeconfig: kube-apiserver has
 * one kubeconfig for all regions of its cluster.
 */
function withoutStandbys(chosen: readonly ChosenCluster[]): readonly ChosenCluster[] {
  const isMain = ({ webhookKubeconfig }: ChosenCluster) => webhookKubeconfig !== undefined;
  const mains = chosen.filter(isMain).map(({ cluster }) => cluster);
  return chosen.filter((context) => isMain(context) || !mains.includes(context.cluster));
}

async function checkCluster(
  cluster: ChosenCluster,
  options: DoctorOptions,
  run: Run,
): Promise<SpelledCheck[]> {
  const webhook = await webhookOf(cluster, options, run);
  const { server, clientCertificate } = webhook;
  const config = clientConfig(cluster, run).then((found) => found.config);
  const { Endpoint, FailoverUrl, FunctionName } = await outputsOfCluster(
    cluster.cluster,
    config,
    run,
  );
  const checks = [
    ok("version", `iam-authenticator ${packageJson.version}, Node.js ${process.versions.node}`),
    ...checkUrl(new URL(server), Endpoint, cluster),
    ...(clientCertificate === undefined
      ? []
      : [checkClientCertificate(clientCertificate.certificate, run.clock())]),
    ...checkKubeconfig(webhook, FailoverUrl, cluster.name),
    ...(await checkEndpoint(webhook, cluster, options, run, { functionName: FunctionName })),
    ...(FailoverUrl === undefined
      ? []
      : await checkRedirect({ ...webhook, server: FailoverUrl }, cluster, options, run)),
    ...(await checkStores(cluster, FailoverUrl !== undefined, run)),
  ];
  return withCommands(checks, cluster, run);
}

async function webhookOf(
  { webhookKubeconfig }: ChosenCluster,
  { kubeconfig, endpoint, ...files }: DoctorOptions,
  run: Run,
) {
  const file = kubeconfig ?? (endpoint === undefined ? webhookKubeconfig : undefined);
  if ((file === undefined) === (endpoint === undefined)) {
    throw usage(
      "Give either --kubeconfig or --endpoint, or set webhookKubeconfig in the cluster's context.",
    );
  }
  if (file !== undefined) return readKubeconfig(file, run);
  return readWebhookFiles({ ...files, endpoint: endpoint ?? "" }, run);
}

/**
 * Follows a redirect as kube-apiserver does: with its token, and the TLS settings of its
 * kubeconfig.
 */
async function checkRedirect(
  webhook: Webhook,
  cluster: ChosenCluster,
  options: DoctorOptions,
  run: Run,
): Promise<Check[]> {
  const checks = await checkEndpoint(webhook, cluster, options, run, { isStandby: true });
  return checks.map((found) => ({ ...found, check: "redirect" }));
}

/**
 * A review by the standby ends within this time. kube-apiserver has 30 s for a login, with all its
 * tries.
 */
const REVIEW_MS = 5_000;

async function checkRedirected(endpoint: Endpoint, token: string, run: Run): Promise<Check[]> {
  const start = run.clock();
  const check = await checkReview(endpoint, token, "review", API_VERSIONS[0]);
  const ms = run.clock() - start;
  if (check.state === "failed" || ms <= REVIEW_MS) return [check];
  return [
    check,
    warning(
      "review",
      `took ${(ms / 1000).toFixed(1)} s`,
      "look for the slow stage (ms) in the standby's log",
    ),
  ];
}

/** `reviews` marks the requests by it. */
const AS_PROBE = { userAgent: `${PROBE_AGENT}${packageJson.version}` };

/**
 * Checks an endpoint, and skips checks that depend on a failed one. With `isStandby`, it checks
 * only the caller, and a review of a token that is signed for the primary's region, as users' are.
 */
async function checkEndpoint(
  webhook: Webhook,
  cluster: ChosenCluster,
  options: DoctorOptions,
  run: Run,
  {
    isStandby = false,
    functionName,
  }: { readonly isStandby?: boolean; readonly functionName?: string | undefined },
) {
  const { token: _token, clientCertificate: _certificate, ...anonymous } = webhook;
  const endpoint = openEndpoint(webhook, run, AS_PROBE);
  const stranger = openEndpoint(anonymous, run, AS_PROBE);
  const checks: Check[] = [];
  const isWell = () => checks.every(({ check, state }) => state !== "failed" || check === "clock");
  try {
    checks.push(...(await checkReachable(endpoint, run.clock)));
    if (isWell()) checks.push(await checkCaller(endpoint, stranger));
    if (!isWell()) return checks;
    const made = await makeToken(cluster, run);
    if ("state" in made) return isStandby ? checks : [...checks, made];
    const { token, access } = made;
    if (isStandby) return [...checks, ...(await checkRedirected(endpoint, token, run))];
    checks.push(made.check);
    for (const version of API_VERSIONS) {
      checks.push(await checkReview(endpoint, token, `review ${version.split("/")[1]}`, version));
    }
    checks.push(...(await checkStored({ webhook, cluster, token, access, functionName }, run)));
    if (options.jwt) {
      const { checkSignedTokens } = await import("./check-jwt.ts");
      checks.push(...(await checkSignedTokens(endpoint, cluster.cluster, access.config, run)));
    }
    if (isWell()) checks.push(await checkLatency(endpoint, token));
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    const advice = "run this again; if it fails again, check the network and the function's log";
    checks.push(
      failed("reachable", `the endpoint stopped answering (${failureReason(error)})`, advice),
    );
  } finally {
    endpoint.close();
    stranger.close();
  }
  return checks;
}

interface Stored {
  readonly webhook: Webhook;
  readonly cluster: ChosenCluster;
  readonly token: string;
  readonly access: AwsAccess;
  readonly functionName: string | undefined;
}

/** Checks what the cluster has in AWS, if it is in this region and account. */
async function checkStored(
  { webhook, cluster, token, access, functionName }: Stored,
  run: Run,
): Promise<Check[]> {
  const { config } = access;
  const connecting = connect(cluster, {}, run, access);
  // Each check reports the failure.
  connecting.catch(() => {});
  const misplaced = await checkPlace(new URL(webhook.server), config.region, connecting, run);
  if (misplaced !== undefined) return [misplaced];
  const callers = hasTokenPrefix(webhook.token ?? "") ? [await checkCallers(connecting, run)] : [];
  // At once: of a silent Parameter Store, each would wait for the time limit.
  const [mapping, denials, settings] = await Promise.all([
    checkOwnMapping(token, connecting, run),
    checkDenials(connecting, run),
    checkSettings(connecting, run, functionName),
  ]);
  const concurrency = await checkConcurrency(config, run);
  return [...callers, ...mapping, ...denials, settings, concurrency];
}

/** Reports missing credentials as a failed check, so that the other results are still printed. */
async function makeToken(cluster: ChosenCluster, run: Run) {
  try {
    const access = await clientConfig(cluster, run);
    const { config, partition } = access;
    const credentials = await findCredentials(config, run);
    const { region } = config;
    const { domain } = partition;
    const { token } = await signToken({
      credentials,
      clusterId: cluster.cluster,
      region,
      domain,
      now: run.clock(),
    });
    run.secrets.add(token);
    return {
      check: ok("aws", `region ${region}, tokens for sts.${region}.${domain}`),
      token,
      access,
    };
  } catch (error) {
    return failureOf(
      "aws",
      error,
      "sign in, or give --profile and --region: the remaining checks need a token",
    );
  }
}
