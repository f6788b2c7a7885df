// `kubeconfig client`: prints the kubeconfig for a user's kubectl.

import { type Command, InvalidArgumentError, Option } from "commander";
import { type ChosenCluster, clusterOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { AWS, CLUSTER, readRoleArn, withOptions } from "../../cmdline/options.ts";
import { isInstalled, SHORT_NAME } from "../../cmdline/spelling.ts";
import { usage } from "../../io/errors.ts";
import { optionWords } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { stringifyYaml } from "../../io/yaml.ts";
import { kubeconfig } from "../../kube/kubeconfig.ts";
import { mergeKubeconfig } from "../../kube/merge-kubeconfig.ts";
import { OUT, readAuthority, writeKubeconfig } from "../../kube/webhook-files.ts";

export function clientCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "It contains no secret: kubectl runs the program of --exec, which creates each token with the user's AWS " +
      "credentials. Other clients, such as the Java client, can use it too. --merge writes it into the user's own file: that of " +
      "KUBECONFIG which has the cluster, else the first, else ~/.kube/config. It never replaces an entry that another " +
      "program wrote, keeps fields that you have added, such as proxy-url or the program's variables, and asks before the " +
      "context gets another server.",
    examples: [
      "kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt \\\n" +
        "    --region eu-west-1 --out prod.kubeconfig",
      "kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt --jwt",
      "kubeconfig client -c prod --server https://10.0.0.1:6443 --ca ca.crt --merge",
    ],
  });
  return withOptions(command, CLUSTER, AWS)
    .addOption(
      new Option("--server <url>", "URL of kube-apiserver")
        .argParser(readServer)
        .makeOptionMandatory(),
    )
    .option("--ca <file>", "the cluster's CA, PEM")
    .addOption(
      new Option(
        "--exec <program>",
        "program that creates the tokens (default: aws; with --role, iam-authenticator if it is in the PATH)",
      ).choices(EXEC_PLUGINS),
    )
    .option(
      "--role <arn>",
      "IAM role to assume; iam-authenticator names the session after the user",
      readRoleArn,
    )
    .addOption(ours("--login", "run `aws sso login` if the user's session has expired"))
    .addOption(ours("--jwt", "use tokens that AWS STS signs"))
    .addOption(
      new Option(
        "--merge",
        "add or replace cluster, user and context in your kubeconfig",
      ).conflicts("out"),
    )
    .option("--alias <name>", "name of cluster, user and context (default: the cluster's id)")
    .option("--no-switch", "with --merge: keep the current context")
    .option("--out <file>", OUT)
    .action(async (options: Options) => client(await clusterOf(command, run), options, run));
}

async function client(cluster: ChosenCluster, given: Options, run: Run): Promise<void> {
  const { out, merge, switch: switches } = given;
  if (!switches && !merge) throw usage("--no-switch needs --merge.");
  const exec =
    given.exec ?? (given.role !== undefined && isInstalled(run.environment) ? SHORT_NAME : "aws");
  checkProgram(given, exec);
  const ca = given.ca === undefined ? undefined : await readAuthority(given.ca, run);
  const { AWS_REGION, AWS_DEFAULT_REGION } = run.environment;
  // The user's machine may have another region, or none.
  const region = cluster.region ?? (AWS_REGION || AWS_DEFAULT_REGION);
  const options: ClientOptions = {
    ...given,
    cluster: cluster.cluster,
    exec,
    ...(region && { region }),
    ...(cluster.profile !== undefined && { profile: cluster.profile }),
  };
  const config = clientKubeconfig(options, ca);
  const hasAuthority = merge ? await mergeKubeconfig(config, switches, run) : ca !== undefined;
  if (!merge) writeKubeconfig(stringifyYaml(config), out, run);
  if (!region) {
    run.log(
      "Without --region, the program uses the region of each user's machine, and fails where none is set.\n",
    );
  }
  if (!hasAuthority) {
    run.log(
      "Without --ca, kubectl trusts only the CAs of its machine. Most clusters have their own CA: give its certificate.\n",
    );
  }
  adviseOnProgram(given, exec, run);
}

/** Throws if the program does not have an option that was given. */
function checkProgram(given: Options, exec: ClientOptions["exec"]): void {
  const option = (["jwt", "login"] as const).find((name) => given[name]);
  if (option === undefined || exec === "iam-authenticator") return;
  throw usage(`--${option} needs --exec iam-authenticator: ${exec} has no such option.`);
}

/** Logs what the users of the file must install, and that the sessions of a role name no user. */
function adviseOnProgram(
  { exec: chosen, role, merge }: Options,
  exec: ClientOptions["exec"],
  run: Run,
): void {
  if (chosen === undefined && exec === SHORT_NAME && !merge) {
    run.log(
      "The file runs iam-authenticator, which each user must install. For the AWS CLI, give --exec aws.\n",
    );
  }
  if (role !== undefined && exec !== "iam-authenticator") {
    run.log(
      `${SESSIONS_OF[exec]}: no log shows who assumed the role, and you cannot deny one person. Either install ` +
        "iam-authenticator, which names each session after its user, and run this again; or give each user a profile " +
        "with role_arn and role_session_name, and use --profile instead of --role.\n",
    );
  }
}

/** Creates an option that only this project's program has. */
function ours(flag: string, description: string): Option {
  return new Option(flag, `${description}; implies --exec iam-authenticator`).implies({
    exec: "iam-authenticator",
  });
}

/** These clauses state how a program names the sessions of --role. */
const SESSIONS_OF = {
  aws: "Every session is then called EKSGetTokenAuth",
  "aws-iam-authenticator": "Each session then has a generated name",
} as const;

interface Options extends Omit<ClientOptions, "cluster" | "region" | "profile" | "exec"> {
  readonly exec?: ClientOptions["exec"];
  readonly out?: string;
  readonly merge?: true;
  /** --no-switch sets it to `false`. */
  readonly switch: boolean;
}

/**
 * Reads the server's URL. kube-apiserver serves only HTTPS, and clients send their tokens to it.
 */
function readServer(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === "https:") return text;
  throw new InvalidArgumentError("It must be an https:// URL, such as https://10.0.0.1:6443.");
}

export const EXEC_PLUGINS = ["aws", "iam-authenticator", "aws-iam-authenticator"] as const;

export interface ClientOptions {
  readonly cluster: string;
  readonly alias?: string;
  readonly server: string;
  readonly ca?: string;
  readonly exec: (typeof EXEC_PLUGINS)[number];
  readonly region?: string;
  readonly profile?: string;
  readonly role?: string;
  readonly jwt?: true;
  readonly login?: true;
}

/**
 * The version that each program returns to clients that do not set KUBERNETES_EXEC_INFO, such as
 * client-java, fabric8 and kubeclient. These clients fail if the kubeconfig has another version.
 * kubectl works with either version.
 */
const API_VERSION = "client.authentication.k8s.io/v1beta1";

/**
 * Creates the kubeconfig with the exec plugin.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#configuration
 */
export function clientKubeconfig(options: ClientOptions, ca: string | undefined) {
  const { cluster, server, exec, region, profile } = options;
  const name = options.alias || cluster;
  const environment = [
    ...(profile === undefined ? [] : [{ name: "AWS_PROFILE", value: profile }]),
    // Older versions of aws-iam-authenticator have no option for the region.
    ...(region === undefined || exec !== "aws-iam-authenticator"
      ? []
      : [{ name: "AWS_REGION", value: region }]),
  ];
  const plugin = {
    apiVersion: API_VERSION,
    command: exec,
    args: execArguments(options),
    ...(environment.length > 0 && { env: environment }),
    interactiveMode: "IfAvailable",
  };
  // --merge recognises by them what it may replace. kubectl keeps them.
  const extensions = [{ name: "iam-authenticator", extension: { clusterId: cluster } }];
  return kubeconfig(
    { cluster: name, user: name, context: name },
    { server, ca },
    { exec: plugin },
    { extensions },
  );
}

function execArguments({ exec, cluster, region, role, jwt, login }: ClientOptions): string[] {
  const inRegion = optionWords("--region", region);
  const modes = [...(jwt ? ["--jwt"] : []), ...(login ? ["--login"] : [])];
  const roleWords = (name: string) => optionWords(name, role);
  const forward = role === undefined ? [] : ["--forward-session-name"];
  switch (exec) {
    case "aws":
      // Overrides the profile's `output`: kubectl needs JSON. `aws eks update-kubeconfig` writes
      // the same.
      return [
        "eks",
        "get-token",
        "--cluster-name",
        cluster,
        ...inRegion,
        ...roleWords("--role-arn"),
        ...AS_JSON,
      ];
    case "iam-authenticator":
      return [
        "token",
        "--cluster",
        cluster,
        ...modes,
        ...inRegion,
        ...roleWords("--role"),
        ...forward,
      ];
    case "aws-iam-authenticator":
      return ["token", "--cluster-id", cluster, ...roleWords("--role")];
  }
}

const AS_JSON = ["--output", "json"];
