// Deploys the temporary cluster's stacks with the CDK CLI and this repository's app, and reads them
// from CloudFormation.

import { join } from "node:path";
import { writeApp } from "../infra/cdk-cli.ts";
import { type Aws, unlessMissing } from "./aws.ts";
import { oneLine } from "./rows.ts";
import type { World } from "./world.ts";

/** The tag of every resource of a run; its value is the run's cluster id. */
export const TAG = "iam-authenticator:acceptance";

export interface Deployed {
  /** A CloudFormation status such as UPDATE_COMPLETE, or "no stack". */
  readonly status: string;
  /** The status and, if the CDK CLI failed, its output. */
  readonly seen: string;
}

export type StackResource = Readonly<
  Record<"LogicalResourceId" | "PhysicalResourceId" | "ResourceType", string>
>;

export function stacksOf(world: World, aws: Aws, runId: string, qualifier?: string) {
  /** One output folder per stack, since each app has one cluster. */
  const outOf = (stack: string) => join(world.folder, `${stack}.out`);
  const cdk = (...args: string[]) => world.run("cdk", args);

  interface Described {
    readonly StackStatus: string;
    readonly Outputs?: readonly { readonly OutputKey: string; readonly OutputValue: string }[];
  }
  async function describe(StackName: string): Promise<Described | undefined> {
    const call = aws<{ Stacks: Described[] }>("cloudformation", "describe-stacks", { StackName });
    return (await unlessMissing(call))?.Stacks[0];
  }
  const status = async (stack: string) => (await describe(stack))?.StackStatus ?? "no stack";

  const resources = (stack: string) => resourcesOf(aws, stack);

  async function after(stack: string, ran: Awaited<ReturnType<typeof cdk>>): Promise<Deployed> {
    const reached = await status(stack);
    return {
      status: reached,
      seen: ran.exitCode === 0 ? reached : `${reached}: ${oneLine(ran.stderr.slice(-600))}`,
    };
  }

  return {
    /** Deploys one stack of an app with one cluster, and waits. Throws if synthesis fails. */
    async deploy(stack: string, cluster: Readonly<Record<string, unknown>>): Promise<Deployed> {
      writeApp(world.folder, [{ tags: { [TAG]: runId }, ...cluster, ...world.settings }]);
      const out = outOf(stack);
      // https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html
      const bootstrap =
        qualifier === undefined
          ? []
          : ["--context", `@aws-cdk/core:bootstrapQualifier=${qualifier}`];
      const synth = await cdk("synth", "--quiet", "--output", out, ...bootstrap);
      if (synth.exitCode !== 0) throw new Error(`cdk synth: ${oneLine(synth.stderr)}`);
      world.prepare?.(out);
      return after(stack, await cdk("deploy", stack, "--app", out, "--require-approval", "never"));
    },
    async destroy(stack: string): Promise<Deployed> {
      return after(stack, await cdk("destroy", stack, "--app", outOf(stack), "--force"));
    },
    status,
    async outputs(stack: string): Promise<Readonly<Record<string, string>>> {
      const { Outputs = [] } = (await describe(stack)) ?? {};
      return Object.fromEntries(
        Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
      );
    },
    resources,
    /** The id of the first resource of this type, or an empty string. */
    async idOf(stack: string, type: string): Promise<string> {
      return (
        (await resources(stack)).find(({ ResourceType }) => ResourceType === type)
          ?.PhysicalResourceId ?? ""
      );
    },
  };
}

/**
 * Includes stacks deleted in the last 90 days:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
 */
export async function resourcesOf(aws: Aws, StackName: string): Promise<readonly StackResource[]> {
  type Summaries = { StackResourceSummaries: StackResource[] };
  const answer = await aws<Summaries>("cloudformation", "list-stack-resources", { StackName });
  return answer.StackResourceSummaries;
}
