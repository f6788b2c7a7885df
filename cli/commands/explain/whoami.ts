// `whoami`: shows your AWS identity, and its username and groups in the cluster.

import { verifyIdentity } from "../../../functions/authenticator/identity/identity.ts";
import { parseJwt } from "../../../functions/authenticator/jwt/parse-jwt.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { callerIdentity } from "../../aws/calls.ts";
import { clientConfig } from "../../aws/client.ts";
import { connect, logAssumptions } from "../../aws/connection.ts";
import { isAccessDenied } from "../../aws/errors.ts";
import { type Explanation, explainIdentity, isGranted } from "../../aws/review.ts";
import { findCredentials, getSignedToken } from "../../aws/tokens.ts";
import { commandToExplain, isForOperators } from "../../cmdline/advice.ts";
import type { ChosenCluster, Clusters } from "../../cmdline/chosen-clusters.ts";
import { inEachCluster, throwWorst, withCluster } from "../../cmdline/clusters.ts";
import type { OutputOptions } from "../../cmdline/options.ts";
import { spellerFor } from "../../cmdline/spelling.ts";
import { shownTime } from "../../cmdline/times.ts";
import { awsFailure, silentExit } from "../../io/errors.ts";
import { printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { unverifiedParts } from "../../model/unverified-token.ts";
import {
  explanationData,
  grantLines,
  identityLines,
  type Line,
  mappingThatApplies,
  printLines,
  refusalLines,
  under,
  userLines,
} from "./show.ts";

type WhoamiOptions = OutputOptions & { readonly jwt?: true };

export async function whoami(clusters: Clusters, options: WhoamiOptions, run: Run): Promise<void> {
  const { results, failures } = await inEachCluster(clusters, run, (cluster, ownRun) =>
    lookUp(cluster, options, ownRun),
  );
  if (options.output !== "table") {
    const items = results.map(({ cluster, value }) => withCluster(clusters, cluster, data(value)));
    await printData(clusters.isSeveral ? items : items[0], options.output, run);
  } else {
    for (const { cluster, value } of results) printLines(whoamiLines(cluster, value), run);
  }
  const unknown = results.flatMap(({ cluster, value: { unread } }) =>
    unread === undefined ? [] : [{ name: cluster, failure: unread }],
  );
  const [only] = unknown;
  if (only !== undefined && !clusters.isSeveral) throw only.failure;
  throwWorst([...failures, ...unknown]);
  if (results.some(({ value }) => !isGranted(value.explanation))) throw silentExit();
}

/**
 * Looks up the mapping. `unread` is why the mappings could not be read, and only the identity is
 * known.
 */
async function lookUp(cluster: ChosenCluster, options: WhoamiOptions, run: Run) {
  const { config, partition } = await clientConfig(cluster, run);
  const credentials = await findCredentials(config, run);
  const identity = options.jwt
    ? await askForToken({ config, credentials, clusterId: cluster.cluster }, partition.id, run)
    : verifyIdentity(
        await callerIdentity({ ...config, credentials: async () => credentials }, run),
        partition.id,
        credentials.accessKeyId,
      );
  const connection = await connect(cluster, {}, run, { config, partition });
  const { prefix } = connection.review;
  const { region } = config;
  // Another operator has other profiles.
  const { profile: _, ...clusterAlone } = cluster;
  const speller = {
    own: spellerFor(cluster, run.environment),
    ofOperator: spellerFor(clusterAlone, run.environment),
  };
  const known = { credentials, prefix, region, speller };
  try {
    const explanation = await explainIdentity(identity, connection, run);
    logAssumptions(connection, run);
    return { ...known, explanation, unread: undefined };
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
    const message =
      `No permission to read the mappings: ssm:GetParameters on parameter${prefix}/*. Ask an operator with this permission to run: ` +
      commandToExplain(clusterAlone, run, identity.arn);
    const explanation: Explanation = { identity };
    return { ...known, explanation, unread: awsFailure(message, error) };
  }
}

/**
 * Returns the identity in a new AWS-signed token. It need not be verified: STS itself returned it
 * over TLS.
 */
async function askForToken(
  request: Parameters<typeof getSignedToken>[0],
  partition: string,
  run: Run,
) {
  const { token } = await getSignedToken(request, run);
  run.secrets.add(token);
  const { iss: issuer, sub } = unverifiedParts(token).claims;
  const account = typeof sub === "string" ? (sub.split(":")[4] ?? "") : "";
  const accountByIssuer = new Map(typeof issuer === "string" ? [[issuer, account]] : []);
  return parseJwt(token, { clusterId: request.clusterId, partition, accountByIssuer }, run.clock())
    .unverifiedIdentity;
}

function data({ explanation, credentials, unread }: Whoami) {
  const ends = {
    mapping: mappingThatApplies(explanation)?.notAfter,
    credentials: credentials.expiration?.toISOString(),
  };
  if (unread !== undefined) return { identity: explanation.identity, ends };
  const { evaluations: _, ...rest } = explanationData(explanation);
  return { ...rest, ends };
}

type Whoami = Awaited<ReturnType<typeof lookUp>>;

function whoamiLines(
  cluster: string,
  { explanation, credentials, prefix, region, speller, unread }: Whoami,
): Line[] {
  const { identity, parameter, user, refusal } = explanation;
  const end = mappingThatApplies(explanation)?.notAfter;
  const { expiration } = credentials;
  // A user may read only the names of its own mappings.
  const unsure =
    refusal?.code === "identity_unmapped"
      ? "whoami cannot know whether this cluster exists"
      : undefined;
  return [
    ...under("cluster", `${cluster}, ${prefix} in region ${region}`, unsure),
    ...(identity === undefined ? [] : identityLines(identity, true)),
    ...under("mapping", parameter && shortName(parameter, prefix)),
    ...(user === undefined ? [] : userLines(user)),
    ...under(
      "ends",
      end && `${end}, by the mapping`,
      expiration && `${shownTime(expiration.getTime())}, by these AWS credentials`,
    ),
    ...(unread !== undefined
      ? under("verdict", "not known")
      : refusal === undefined
        ? grantLines(explanation)
        : ownRefusalLines(refusal, { explanation, prefix, speller })),
  ];
}

/** Returns the lines about a denial of the user, who cannot run the command that ends it. */
function ownRefusalLines(
  { code }: NonNullable<Explanation["refusal"]>,
  { explanation, prefix, speller }: Pick<Whoami, "explanation" | "prefix" | "speller">,
): Line[] {
  if (!isForOperators(code)) return refusalLines(explanation, prefix, speller.own);
  const lines = refusalLines(explanation, prefix, speller.ofOperator);
  return lines.map((line): Line => {
    const [head, text] = line;
    return typeof text === "string" ? line : [head, { ...text, before: "ask an operator to run:" }];
  });
}
