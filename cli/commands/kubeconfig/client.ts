import type { Clusters } from "../../cmdline/chosen-clusters.ts";
import { throwWorst } from "../../cmdline/clusters.ts";
import type { WriteOptions } from "../../cmdline/options.ts";
import { isInstalled, SHORT_NAME } from "../../cmdline/spelling.ts";
import { usage } from "../../io/errors.ts";
import { listed, optionWords } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { stringifyYaml } from "../../io/yaml.ts";
import { kubeconfig } from "../../kube/kubeconfig.ts";
import { mergeKubeconfigs, type ToMerge } from "../../kube/merge-kubeconfig.ts";
import { readAuthority, writeKubeconfig } from "../../kube/webhook-files.ts";
import { type KnownCluster, readPublished } from "./published.ts";

export async function client(clusters: Clusters, given: Options, run: Run): Promise<void> {
  checkOptions(clusters, given);
  const ca = given.ca === undefined ? undefined : await readAuthority(given.ca, run);
  if (!given.publish) return create(clusters, { ...given, ca }, run);
  const { server } = given;
  if (server === undefined || ca === undefined)
    throw usage("--publish needs --server and --ca: the cluster's URL and its CA.");
  // Loaded here: users do not write parameters.
  const { publish } = await import("./publish.ts");
  return publish(clusters, { server, ca }, given, run);
}

/** Creates the kubeconfigs, and prints, writes or merges them. `ca` is PEM. */
async function create(clusters: Clusters, given: Options, run: Run): Promise<void> {
  const { server, ca, merge, out } = given;
  const exec =
    given.exec ?? (given.role !== undefined && isInstalled(run.environment) ? SHORT_NAME : "aws");
  checkProgram(given, exec);
  const isSeveral = isOfSeveral(clusters.chosen);
  const { found, failures } =
    server === undefined
      ? await readPublished(clusters, run)
      : { found: clusters.chosen.map((place) => ({ place, server, ca })), failures: [] };
  const configs = found.map((cluster) => configOf(cluster, { ...given, exec }, run));
  const merged = merge
    ? await mergeKubeconfigs(configs, { switches: given.switch, isSeveral }, run)
    : { failures: [], hasAuthority: found.every((cluster) => cluster.ca !== undefined) };
  if (!merge) for (const { config } of configs) writeKubeconfig(stringifyYaml(config), out, run);
  if (configs.some(({ region }) => !region)) {
    run.log(
      "Without --region, the program uses the region of each user's machine, and fails where none is set.\n",
    );
  }
  if (!merged.hasAuthority) {
    run.log(
      "Without --ca, kubectl trusts only the CAs of its machine. Most clusters have their own CA: give its certificate.\n",
    );
  }
  if (configs.length > 0) adviseOnProgram(given, exec, run);
  throwWorst([...failures, ...merged.failures]);
}

/** Returns the kubeconfig of a cluster. */
function configOf(
  { place, server, ca, region: ofStore }: GivenCluster,
  given: Options & Pick<ClientOptions, "exec">,
  { environment }: Run,
): ToMerge & { readonly region: string | undefined } {
  const { cluster, name, profile } = place;
  const { AWS_REGION, AWS_DEFAULT_REGION } = environment;
  // The user's machine may have another region, or none.
  const region = place.region || AWS_REGION || AWS_DEFAULT_REGION || ofStore;
  const options: ClientOptions = {
    ...given,
    ...{ cluster, server },
    ...(region && { region }),
    ...(profile !== undefined && { profile }),
  };
  const config = clientKubeconfig(options, ca);
  return { name, config, region, isPublished: given.server === undefined };
}

/** Throws for options that need another one, or that are for one cluster. */
function checkOptions({ chosen }: Clusters, given: Options): void {
  const { publish, merge, server, ca, alias } = given;
  if (!given.switch && !merge) throw usage("--no-switch needs --merge.");
  const ofPublish = { "--dry-run": given.dryRun, "--yes": given.yes, "--new": given.new };
  const all = { ...ofPublish, "--allow-weakening": given.allowWeakening };
  const [option] = Object.entries(all).find(([, value]) => value) ?? [];
  if (!publish && option !== undefined) throw usage(`${option} needs --publish.`);
  if (publish) return;
  if (ca !== undefined && server === undefined) throw usage("--ca needs --server.");
  const names = listed(chosen.map(({ name }) => name));
  if (server !== undefined && chosen.length > 1)
    throw usage(`--server is for one cluster. Give one of these as --cluster: ${names}.`);
  if (!isOfSeveral(chosen)) return;
  if (!merge) throw usage(`Several clusters need --merge: ${names}.`);
  if (alias !== undefined)
    throw usage(`--alias is for one cluster. Give one of these as --cluster: ${names}.`);
}

/** Returns whether there is more than one cluster: one may have a context for each Region. */
function isOfSeveral(chosen: Clusters["chosen"]): boolean {
  return new Set(chosen.map(({ cluster }) => cluster)).size > 1;
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

/** A cluster of which the user gives the server, or an administrator published it. */
type GivenCluster = Pick<KnownCluster, "place" | "server"> & {
  readonly ca?: string | undefined;
  readonly region?: string;
};

/** These clauses state how a program names the sessions of --role. */
const SESSIONS_OF = {
  aws: "Every session is then called EKSGetTokenAuth",
  "aws-iam-authenticator": "Each session then has a generated name",
} as const;

interface Options
  extends Omit<ClientOptions, "cluster" | "region" | "profile" | "exec" | "server" | "ca">,
    WriteOptions {
  readonly server?: string;
  readonly ca?: string | undefined;
  readonly exec?: ClientOptions["exec"];
  readonly out?: string;
  readonly merge?: true;
  readonly publish?: true;
  /** --no-switch sets it to `false`. */
  readonly switch: boolean;
}

export interface ClientOptions {
  readonly cluster: string;
  readonly alias?: string;
  readonly server: string;
  readonly exec: "aws" | "iam-authenticator" | "aws-iam-authenticator";
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
