// The region and partition that a command works in, found as the AWS CLI finds them.

import { type Partition, partitionOfRegion } from "../../functions/authenticator/token/partitions.ts";
import { usage } from "../errors.ts";

export interface Place {
  readonly region: string;
  readonly partition: Partition;
}

/** `resolve` is an SDK client's own look at option, environment and profile. */
export async function findPlace(resolve: () => Promise<string>): Promise<Place> {
  const region = await resolve().catch((error: unknown) => {
    // https://github.com/aws/aws-sdk-js-v3: the only thing that this provider throws where no region is set
    if (error instanceof Error && /region is missing/i.test(error.message)) return "";
    throw error;
  });
  if (region === "") throw usage("No AWS region: give --region, or set AWS_REGION.");
  const partition = partitionOfRegion(region);
  if (partition === undefined) throw usage(`${region} is no AWS region.`);
  return { region, partition };
}
