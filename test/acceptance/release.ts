// The release of this commit, or of an earlier one, in a bucket of the run, and its templates
// deployed by the AWS CLI alone.

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defaultStackName } from "../../functions/settings/stack.ts";
import { type Aws, unlessMissing } from "./aws.ts";
import { oneLine } from "./rows.ts";
import { TAG } from "./stacks.ts";
import type { Credentials, World } from "./world.ts";

export interface DeployOptions {
  readonly kind?: string;
  /** Default: those of the run. */
  readonly credentials?: Credentials;
}

/**
 * Builds the release once and uploads its zips. `commit`: of an earlier release; default: this one.
 */
export async function releaseOf(
  world: World,
  aws: Aws,
  runId: string,
  accountId: string,
  commit?: string,
) {
  const folder = join(world.folder, commit === undefined ? "release" : `release-${commit}`);
  mkdirSync(folder, { recursive: true });
  await world.buildRelease(folder, commit);
  world.prepare?.(folder);
  const bucket = await makeBucket(world, aws, runId, `${runId}-${accountId}`, folder);

  return {
    folder,
    /** Returns the stack's status and, if the AWS CLI failed, its output. */
    async deploy(
      clusterId: string,
      parameters: Readonly<Record<string, string>>,
      { kind = "http", credentials }: DeployOptions = {},
    ): Promise<string> {
      const given = {
        ClusterId: clusterId,
        CodeBucket: bucket,
        ...world.releaseParameters,
        ...parameters,
      };
      const template = join(folder, `${kind}.template.yaml`);
      const stack = defaultStackName(clusterId);
      const place = [
        "--stack-name",
        stack,
        "--template-file",
        template,
        "--capabilities",
        "CAPABILITY_IAM",
      ];
      const overrides = Object.entries(given).map(([name, value]) => `${name}=${value}`);
      const tags = ["--region", world.region, "--tags", `${TAG}=${runId}`];
      const words = [
        "cloudformation",
        "deploy",
        ...place,
        ...tags,
        "--parameter-overrides",
        ...overrides,
      ];
      const ran = await world.run("aws", words, credentials === undefined ? {} : { credentials });
      type Described = { readonly Stacks: { readonly StackStatus: string }[] };
      const described = await unlessMissing(
        aws<Described>("cloudformation", "describe-stacks", { StackName: stack }),
      );
      const status = described?.Stacks[0]?.StackStatus ?? "no stack";
      return ran.exitCode === 0 ? status : `${status}: ${oneLine(ran.stderr)}`;
    },
  };
}

/** A bucket of this run; the removal deletes it with its objects. */
async function makeBucket(
  world: World,
  aws: Aws,
  runId: string,
  Bucket: string,
  folder: string,
): Promise<string> {
  // us-east-1 has no location constraint:
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
  const place =
    world.region === "us-east-1"
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: world.region } };
  const known = await unlessMissing(aws("s3api", "list-objects-v2", { Bucket }));
  if (known === undefined) await aws("s3api", "create-bucket", { Bucket, ...place });
  await aws("s3api", "put-bucket-tagging", {
    Bucket,
    Tagging: { TagSet: [{ Key: TAG, Value: runId }] },
  });
  for (const Key of readdirSync(folder).filter((file) => file.endsWith(".zip"))) {
    await aws("s3api", "put-object", { Bucket, Key }, { words: ["--body", join(folder, Key)] });
  }
  return Bucket;
}
