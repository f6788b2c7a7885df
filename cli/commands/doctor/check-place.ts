// Checks whether the cluster's parameters are where the command reads them. If not, the checks that
// read them would each report the same cause, with advice for another.

import type { Connection } from "../../aws/connection.ts";
import { isOfAnotherRegion, toFailure } from "../../aws/errors.ts";
import { type Check, failed } from "../../cmdline/advice.ts";
import { EXIT } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { requireParameters } from "../../plan/read.ts";

/**
 * API Gateway's and Lambda's own names of an endpoint:
 * https://docs.aws.amazon.com/general/latest/gr/apigateway.html
 */
const OF_REGION = /\.(?:execute-api|lambda-url)\.([a-z]{2}(?:-[a-z]+)+-\d+)\./;

/**
 * Returns a failed check if the region is not the endpoint's, or the cluster has no parameters in
 * it; otherwise none, also if that cannot be read.
 */
export async function checkPlace(
  url: URL,
  region: string,
  connecting: Promise<Connection>,
  run: Run,
): Promise<Check | undefined> {
  const wanted = OF_REGION.exec(`.${url.host}`)?.[1] ?? region;
  if (wanted !== region) {
    const seen = `the endpoint is in ${wanted}, but parameters are read in ${region}`;
    return failed("region", seen, `use --region ${wanted}, or check AWS_REGION and the context`);
  }
  let connection: Connection | undefined;
  try {
    connection = await connecting;
    if (connection.hasSettings) return undefined;
    await requireParameters(new Map(), connection, { ...run, log() {} });
    return undefined;
  } catch (error) {
    if (isOfAnotherRegion(error)) {
      const seen = `${region} is not the Region of the endpoint of Parameter Store: it rejects the signature`;
      return failed("region", seen, "check --region, AWS_REGION and AWS_ENDPOINT_URL");
    }
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    if (failure.exitCode !== EXIT.finding || connection === undefined) return undefined;
    const { clusterId, review } = connection;
    const seen = `${clusterId} has no parameters below ${review.prefix} in ${region}`;
    return failed("cluster", seen, "check --region, --profile, --cluster and --prefix");
  }
}
