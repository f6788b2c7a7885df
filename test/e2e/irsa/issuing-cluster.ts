// A cluster with IAM roles for service accounts: kube-apiserver with the policy, published keys,
// and the issuer.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { policies } from "../../../cli/commands/irsa/admission-policy.ts";
import { apiserverFlags } from "../../../cli/commands/irsa/flags.ts";
import { ROLE_LABEL } from "../../../cli/kube/objects.ts";
import { startIssuer } from "../../../local/issuer.ts";
import { REGION } from "../../../local/sandbox-files.ts";
import {
  AUDIENCE,
  localPodRole,
  localProvider,
  POD_ROLE_ARN,
  SERVICE_ACCOUNT,
} from "../../../local/service-account.ts";
import { cli, useLocalAws } from "../../cli/cli.ts";
import { localIdentity, startParameterStore } from "../../local-aws.ts";
import { eventually } from "../control-plane/process.ts";
import { type Kubernetes, type KubernetesObject, startKubernetes } from "../kubernetes.ts";
import { PLAIN_POLICY } from "./pods.ts";

const ISSUING_CLUSTER = "issuing";

export type IssuingCluster = Awaited<ReturnType<typeof startIssuingCluster>>;

/**
 * With the namespaces `ci` and `other`, each with the service account `deployer`, and `ci/another`,
 * all annotated.
 */
export async function startIssuingCluster() {
  const parameters = { [`/iam-authenticator/${ISSUING_CLUSTER}/callers`]: "[]" };
  const store = await startParameterStore({ region: REGION, parameters });
  useLocalAws({ AWS_REGION: REGION, AWS_ENDPOINT_URL_SSM: store.url });
  const settings = { clusterId: ISSUING_CLUSTER, region: REGION, storeUrl: store.url };
  const issuer = await startIssuer({
    ...settings,
    identity: localIdentity("function"),
    logFile: "/dev/null",
  });
  const [, ...flags] = apiserverFlags({ issuer: issuer.url, for: "1.37" });
  const kubernetes = await startKubernetes({ issuer: issuer.url, flags });
  const provider = localProvider(issuer.url);
  const keys = (words: readonly string[], now?: number) =>
    cli(["irsa", "keys", ...words, "-c", ISSUING_CLUSTER], now === undefined ? {} : { now });

  async function stop(): Promise<void> {
    await kubernetes.stop();
    await issuer.close();
    await store.close();
  }

  try {
    const { code, err } = await keys(["publish", "--kubeconfig", kubernetes.kubeconfig, "--yes"]);
    if (code !== 0) throw new Error(err);
    await createServiceAccounts(kubernetes);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    kubernetes,
    issuer,
    store,
    /** For STS: IAM's provider of this issuer, and the role of the service account ci/deployer. */
    webIdentity: { providers: [provider], roles: [localPodRole(provider)], ca: issuer.ca },
    /**
     * Another kube-apiserver on the same etcd, which accepts and signs with `serviceAccountKey`
     * unless `more` differs.
     */
    startBeside(
      more: readonly string[],
      serviceAccountKey = kubernetes.credentials.files.serviceAccountKey,
    ) {
      const { credentials } = kubernetes;
      const files = { ...credentials.files, serviceAccountKey };
      const beside = { ...kubernetes, credentials: { ...credentials, files } };
      return startKubernetes({ issuer: issuer.url, beside, flags: [...flags, ...more] });
    },
    keys,
    async doctor({ kubeconfig }: Pick<Kubernetes, "kubeconfig"> = kubernetes) {
      const ca = join(kubernetes.folder, "issuer-ca.crt");
      writeFileSync(ca, issuer.ca);
      const place = ["--issuer", issuer.url, "--ca", ca, "--kubeconfig", kubeconfig];
      const { out, err } = await cli([
        "irsa",
        "doctor",
        "-c",
        ISSUING_CLUSTER,
        ...place,
        "-o",
        "json",
      ]);
      assert.notEqual(out, "", err);
      const rows: Record<"check" | "state" | "seen", string>[] = JSON.parse(out);
      return new Map(rows.map((row) => [row.check, row]));
    },
    stop,
  };
}

/** Installs the policies first, and waits until they apply. */
async function createServiceAccounts(kubernetes: Kubernetes): Promise<void> {
  for (const object of policies({
    ...PLAIN_POLICY,
    tokenAudience: AUDIENCE,
    awsDefaultRegion: REGION,
  })) {
    await kubernetes.create(object as KubernetesObject);
  }
  const canary = serviceAccount("default", "canary");
  await eventually("a label", 30_000, async () =>
    hasLabel(await kubernetes.create(canary, "?dryRun=All")),
  );
  // As kube-controller-manager does.
  const metadata = { name: "default", namespace: "default" };
  await kubernetes.create({ apiVersion: "v1", kind: "ServiceAccount", metadata });
  for (const namespace of [SERVICE_ACCOUNT.namespace, "other"]) {
    await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    await kubernetes.create(serviceAccount(namespace, SERVICE_ACCOUNT.name));
  }
  await kubernetes.create(serviceAccount(SERVICE_ACCOUNT.namespace, "another"));
  await eventually("a role", 30_000, async () =>
    isMutated(await kubernetes.create(pod("canary"), "?dryRun=All")),
  );
}

export function hasLabel(serviceAccount: unknown): boolean {
  const { labels } = (serviceAccount as { metadata: { labels?: Record<string, string> } }).metadata;
  return labels?.[ROLE_LABEL] === "true";
}

export function serviceAccount(
  namespace: string,
  name: string,
  role = POD_ROLE_ARN,
): KubernetesObject {
  const metadata = { name, namespace, annotations: { "eks.amazonaws.com/role-arn": role } };
  return { apiVersion: "v1", kind: "ServiceAccount", metadata };
}

interface MadeContainer {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

export interface MadePod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly initContainers?: readonly MadeContainer[];
    readonly containers: readonly MadeContainer[];
    readonly volumes?: readonly {
      readonly name: string;
      readonly projected?: {
        readonly sources: readonly { readonly serviceAccountToken?: TokenSource }[];
      };
    }[];
  };
}

interface TokenSource {
  readonly audience: string;
  readonly expirationSeconds: number;
  readonly path?: string;
}

export function pod(
  name: string,
  account = SERVICE_ACCOUNT.name,
  namespace = SERVICE_ACCOUNT.namespace,
) {
  const containers = [{ name: "main", image: "example.com/image" }];
  const metadata = { name, namespace };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { serviceAccountName: account, containers },
  };
}

export function isMutated(made: unknown): boolean {
  return (made as MadePod).spec.volumes?.some(({ name }) => name === "aws-iam-token") ?? false;
}

/**
 * The token that kubelet would write: bound to the Pod, with the settings of its volume unless
 * overridden.
 */
export async function podToken(
  kubernetes: Kubernetes,
  { metadata: { namespace, name, uid }, spec: { serviceAccountName, volumes = [] } }: MadePod,
  other: Partial<TokenSource> = {},
): Promise<string> {
  const volume = volumes.find((volume) => volume.name === "aws-iam-token");
  const { audience, expirationSeconds } = {
    ...volume?.projected?.sources[0]?.serviceAccountToken,
    ...other,
  };
  const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccountName}/token`;
  const { status, body } = await kubernetes.call("POST", path, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences: [audience], expirationSeconds, boundObjectRef },
  });
  if (status !== 201) throw new Error(`TokenRequest: ${status} ${JSON.stringify(body)}`);
  return (body as { status: { token: string } }).status.token;
}

/**
 * The environment of the Pod's container; `root` replaces the container's root folder for the token
 * file.
 */
export async function podEnvironment(kubernetes: Kubernetes, made: MadePod, root: string) {
  const environment = Object.fromEntries(
    (made.spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value]),
  );
  const tokenFile = join(
    root,
    (environment["AWS_WEB_IDENTITY_TOKEN_FILE"] ?? "").replaceAll("/", "_"),
  );
  writeFileSync(tokenFile, await podToken(kubernetes, made), { mode: 0o600 });
  return { ...environment, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile };
}
