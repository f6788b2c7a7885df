// `irsa doctor`: checks the issuer, IAM and the cluster, and reports how to fix it.

import { GetOpenIDConnectProviderCommand, IAMClient } from "@aws-sdk/client-iam";
import { providerName } from "../../../functions/issuer/trust-policy.ts";
import { isAwsError } from "../../../functions/lib/aws-error.ts";
import { callerIdentity, watched } from "../../aws/calls.ts";
import { type ClientConfig, clientConfig } from "../../aws/client.ts";
import { toFailure } from "../../aws/errors.ts";
import { openStore } from "../../aws/store.ts";
import {
  type Check,
  failed,
  ok,
  printChecks,
  warning,
  withCommands,
} from "../../cmdline/advice.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import type { OutputOptions } from "../../cmdline/options.ts";
import { Failure, silentExit } from "../../io/errors.ts";
import { readText } from "../../io/files.ts";
import type { Run } from "../../io/run.ts";
import { openKubernetes } from "../../kube/client.ts";
import { STS_AUDIENCE } from "../../kube/objects.ts";
import { checkAdmission } from "./check-admission.ts";
import {
  checkClusterKeys,
  checkDocuments,
  checkLegacyTokens,
  checkPublished,
  checkToken,
} from "./check-keys.ts";
import { keysOfKubernetes } from "./cluster-keys.ts";
import { readPublishedKeys } from "./published-keys.ts";

interface DoctorOptions extends OutputOptions {
  readonly issuer: string;
  readonly kubeconfig?: string;
  readonly ca?: string;
}

export async function doctor(
  cluster: ChosenCluster,
  options: DoctorOptions,
  run: Run,
): Promise<void> {
  const ca = options.ca === undefined ? undefined : await readText(options.ca, run);
  const { checks: documents, kids } = await checkDocuments(options.issuer, ca, run);
  const checks = [
    ...documents,
    ...(await checkAws(cluster, options.issuer, kids, run)),
    ...(options.kubeconfig === undefined
      ? []
      : await checkCluster(options.kubeconfig, options.issuer, kids, run)),
  ];
  await printChecks(withCommands(checks, cluster, run), options.output, run);
  if (checks.some(({ state }) => state === "failed")) throw silentExit();
}

async function checkAws(
  cluster: ChosenCluster,
  issuer: string,
  kids: readonly string[] | undefined,
  run: Run,
): Promise<Check[]> {
  try {
    const access = await clientConfig(cluster, run);
    const { config, partition } = access;
    const store = await openStore(cluster, {}, run, access);
    return [
      ...checkPublished(await readPublishedKeys(store, run.interrupted), kids),
      await checkProvider(issuer, partition.id, config, run),
    ];
  } catch (error) {
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    const advice = "sign in, or give --profile and --region; allow ssm:GetParametersByPath";
    return [warning("aws", `keys and provider not read: ${failure.message}`, advice)];
  }
}

/** Checks IAM's OIDC provider for the issuer, in the account of the credentials. */
async function checkProvider(
  issuer: string,
  partition: string,
  config: ClientConfig,
  run: Run,
): Promise<Check> {
  const check = "provider";
  const iam = watched(new IAMClient(config), run);
  try {
    const { Account } = await callerIdentity(config, run);
    const arn = `arn:${partition}:iam::${Account}:oidc-provider/${providerName(issuer)}`;
    const command = new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn });
    const { ClientIDList = [] } = await iam.send(command, { abortSignal: run.interrupted });
    if (ClientIDList.includes(STS_AUDIENCE)) return ok(check, arn);
    const advice = `add the audience ${STS_AUDIENCE} to the provider, unless every ServiceAccount names another`;
    return warning(check, `${arn} has the audiences ${ClientIDList.join(", ") || "none"}`, advice);
  } catch (error) {
    if (isAwsError(error, "NoSuchEntity", "NoSuchEntityException")) {
      const advice =
        "deploy the issuer's stack, or create the provider in this account (docs/irsa.md)";
      return failed(check, `IAM has no OIDC provider for ${issuer} in this account`, advice);
    }
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    const isDenied = isAwsError(error, "AccessDenied", "AccessDeniedException");
    const advice = isDenied
      ? "allow iam:GetOpenIDConnectProvider here"
      : "check the network to STS and IAM, and run this again";
    return warning(check, `not read: ${failure.message}`, advice);
  }
}

async function checkCluster(
  kubeconfig: string,
  issuer: string,
  kids: readonly string[] | undefined,
  run: Run,
) {
  const kubernetes = await openKubernetes(kubeconfig, run);
  try {
    const keys = await keysOfKubernetes(kubernetes);
    return [
      ...(kids === undefined ? [] : [checkClusterKeys(keys, kids)]),
      ...(await checkToken(kubernetes, issuer, kids)),
      await checkLegacyTokens(kubernetes, keys),
      ...(await checkAdmission(kubernetes)),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = "check the kubeconfig, and that its user may read /openid/v1/jwks";
    return [failed("cluster", error.message, advice)];
  }
}
