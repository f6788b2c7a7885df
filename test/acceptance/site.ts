// The temporary cluster of a run: stacks, identities, and reviews as kube-apiserver sends them.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { defaultStackName } from "../../functions/settings/stack.ts";
import { awsOf } from "./aws.ts";
import { accountOf, assume, makeRole, makeUser, type Principal, SESSION } from "./identities.ts";
import { releaseOf } from "./release.ts";
import { postReview, type Review, untilGranted, type Webhook } from "./reviews.ts";
import { type Deployed, stacksOf } from "./stacks.ts";
import type { Credentials, Ran, RunOptions, World } from "./world.ts";

/** Optional inputs of the operator; a row without its input is "not run". */
export interface Inputs {
  /** An AWS CLI profile with an IAM Identity Center permission set. */
  readonly ssoProfile?: string | undefined;
  /** Of `cdk bootstrap --qualifier`. */
  readonly qualifier?: string | undefined;
  /** Enables outbound web identity federation, a setting of the account, where it is off. */
  readonly enableTokenSigning?: boolean | undefined;
  /** The commit of an earlier release, from which a stack is upgraded. */
  readonly from?: string | undefined;
  /** Uses up the account's rates of Parameter Store for some seconds. */
  readonly parameterStoreRates?: boolean | undefined;
  /** `endpoint` is a context key of kind `mtls`. */
  readonly mtls?: { endpoint: MtlsEndpoint; clientCert: string; clientKey: string } | undefined;
  /** `endpoint` is a context key of kind `private`. */
  readonly private?: { readonly endpoint: Readonly<Record<string, unknown>> } | undefined;
}

export interface MtlsEndpoint {
  readonly domainName: string;
  readonly certificateArn: string;
  readonly ownershipCertificateArn?: string;
  readonly subjects: readonly string[];
  readonly truststore: { readonly bucket: string; readonly key: string; readonly version?: string };
}

export type Site = ReturnType<typeof openSite>;

export const ROLE_USER = `acceptance:${SESSION}`;
export const GROUP = "acceptance";
/** Role sessions expire after an hour, and a run takes longer. */
const FRESH_MS = 30 * 60_000;
export const COMPLETE = /^(CREATE|UPDATE)_COMPLETE$/;
export const GRANTED = `granted as ${ROLE_USER} (${GROUP})`;

export function openSite(world: World, clusterId: string, inputs: Inputs = {}) {
  const aws = awsOf(world);
  const stacks = stacksOf(world, aws, clusterId, inputs.qualifier);
  const stack = defaultStackName(clusterId);
  const account = remembered(() => accountOf(aws));
  let deployment: Promise<Deployed> | undefined;
  let cluster: ReturnType<typeof makeCluster> | undefined;

  type Options = RunOptions & { readonly clusterId?: string };
  function command(
    args: readonly string[],
    { clusterId: id = clusterId, ...options }: Options = {},
  ) {
    return world.run("iam-authenticator", [...args, "-c", id, "--region", world.region], options);
  }

  /** Maps an identity to a username and the group of a run. */
  function map(arn: string, username: string, id = clusterId): Promise<string> {
    const words = ["mappings", "set", arn, "--username", username, "--group", GROUP];
    // A username with a claim is marked.
    return mustRun(command([...words, "--yes", "--allow-weakening"], { clusterId: id }));
  }

  function deploy(settings: Readonly<Record<string, unknown>> = {}): Promise<Deployed> {
    return stacks.deploy(stack, { clusterId, ...settings });
  }

  /** The first deployment of this run, with default keys. */
  function deployed(): Promise<Deployed> {
    deployment ??= deploy();
    return deployment;
  }

  async function makeCluster(): Promise<{
    outputs: Readonly<Record<string, string>>;
    webhook: Webhook;
  }> {
    const { status, seen } = await deployed();
    if (!COMPLETE.test(status)) throw new Error(`the cluster is not deployed: ${seen}`);
    const outputs = await stacks.outputs(stack);
    return { outputs, webhook: await makeCaller(world, outputs["KubeconfigCommand"] ?? "") };
  }

  /** Deploys the cluster and creates its caller with the output KubeconfigCommand, once per run. */
  function ensure() {
    cluster ??= makeCluster();
    return cluster;
  }

  const roleArn = remembered(async () => {
    const arn = await makeRole(world, aws, await account(), clusterId);
    await ensure();
    await map(arn, "acceptance:{SessionName}");
    return arn;
  });
  let assumed: { readonly credentials: Credentials; readonly at: number } | undefined;
  /** The temporary role, mapped to `acceptance:{SessionName}`. */
  async function role(): Promise<Principal> {
    const arn = await roleArn();
    if (assumed === undefined || world.now() - assumed.at > FRESH_MS) {
      assumed = { credentials: await assume(world, aws, arn), at: world.now() };
    }
    return { arn, credentials: assumed.credentials };
  }
  /** The temporary user, mapped to `acceptance-user`, which no other mapping can return. */
  const user = remembered(async () => {
    const made = await makeUser(aws, clusterId);
    await ensure();
    await map(made.arn, "acceptance-user");
    return made;
  });

  /** A token from this project's command. */
  async function tokenOf(credentials: Credentials, id = clusterId): Promise<string> {
    return tokenIn(await mustRun(command(["token"], { credentials, clusterId: id })));
  }
  const token = async () => tokenOf((await role()).credentials);

  async function review(reviewed: string, caller?: string): Promise<Review> {
    const { webhook } = await ensure();
    return postReview(
      world,
      { ...webhook, ...(caller !== undefined && { token: caller }) },
      reviewed,
    );
  }

  return {
    ...{ world, inputs, clusterId, stack, aws, stacks, account, command, map },
    /** The release of this commit, built and uploaded once. */
    release: remembered(async () => releaseOf(world, aws, clusterId, (await account()).id)),
    ...{ deploy, deployed, ensure, role, user, tokenOf, token, review },
    /** The next `ensure` deploys and creates a caller again. */
    forget() {
      deployment = undefined;
      cluster = undefined;
    },
    /**
     * Reviews a token, by default a new one of the role, until it is granted. Returns the line for
     * the report.
     */
    async login(given?: string): Promise<string> {
      const reviewed = given ?? (await token());
      return untilGranted(world, () => review(reviewed));
    },
  };
}

/** Runs a stack's output KubeconfigCommand and returns the contents of the file that it writes. */
export async function makeCaller(world: World, command: string): Promise<Webhook> {
  const file = join(world.folder, `${randomBytes(4).toString("hex")}.kubeconfig`);
  await mustRun(world.run("iam-authenticator", kubeconfigCommand(command, file)));
  const { clusters, users } = parse(readFileSync(file, "utf8"));
  return { server: clusters[0].cluster.server, token: users[0].user.token };
}

/** The ExecCredential that `iam-authenticator token` and `aws eks get-token` print. */
export function tokenIn(printed: string): string {
  return (JSON.parse(printed) as { status: { token: string } }).status.token;
}

export async function mustRun(running: Promise<Ran>): Promise<string> {
  const { exitCode, stdout, stderr } = await running;
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}

/**
 * The output's arguments. The caller's name is unique, since a kept cluster has callers already.
 */
function kubeconfigCommand(output: string, file: string): string[] {
  // A remark may follow.
  const words = (output.split(" # ")[0] ?? "").split(" ");
  const program = words.findIndex((word) => word.endsWith("iam-authenticator"));
  if (program < 0)
    throw new Error(`the output KubeconfigCommand contains no program: ${JSON.stringify(output)}`);
  const name = `acceptance-${randomBytes(3).toString("hex")}`;
  const replaced = words.slice(program + 1).map((word) => (word === "control-plane" ? name : word));
  return [...replaced.map((word) => (word === "webhook.kubeconfig" ? file : word)), "--yes"];
}

function remembered<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
