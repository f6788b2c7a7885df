// Check 7: deploys the release's template with only the AWS CLI, first without CodeDeploy, then
// with it.

import { defaultStackName } from "../../../functions/settings/stack.ts";
import { postReview } from "../reviews.ts";
import { matching, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import { COMPLETE, makeCaller, type Site } from "../site.ts";
import { CACHES_MS, until } from "../world.ts";

export const check: Check = {
  number: 7,
  title: "The release's templates",
  minutes: 15,
  async run(site, rows) {
    const { world } = site;
    // The version's description contains the id: 30 characters.
    const clusterId = `${site.clusterId}-release-30`;
    const stack = defaultStackName(clusterId);
    const { deploy: deployKind } = await site.release();
    const deploy = (parameters: Readonly<Record<string, string>>, kind = "http", id = clusterId) =>
      deployKind(id, parameters, { kind });
    const isThere = await rows.see(
      "SafeDeployments=false",
      matching("CREATE_COMPLETE", COMPLETE),
      () => deploy({ SafeDeployments: "false" }),
    );
    await otherKinds(site, rows, deploy);
    if (!isThere) return;
    await rows.see(
      "a review",
      matching("denied: identity_unmapped", /^denied: identity_unmapped: /),
      async () => {
        const { KubeconfigCommand = "" } = await site.stacks.outputs(stack);
        const webhook = await makeCaller(world, KubeconfigCommand);
        const { credentials } = await site.role();
        const token = await site.tokenOf(credentials, clusterId);
        const look = () => postReview(world, webhook, token);
        return (await until(world, CACHES_MS, look, ({ httpStatus }) => httpStatus === 200)).seen;
      },
    );
    const since = world.now();
    // A change of a parameter publishes a version, and CodeDeploy moves the alias to it.
    await rows.see("SafeDeployments=true, LogLevel=debug", "UPDATE_COMPLETE", () =>
      deploy({ SafeDeployments: "true", LogLevel: "debug" }),
    );
    await rows.see(
      "order of events",
      "the alias changed after CodeDeploy's group, role and check",
      () => orderOf(site, stack, since),
    );
  },
};

const STACK_MS = 15 * 60_000;

/** Also with an id of 30 characters. The domain is free again for check 9. */
async function otherKinds(
  { aws, world, stacks, clusterId, inputs }: Site,
  rows: Rows,
  deploy: (
    parameters: Readonly<Record<string, string>>,
    kind: string,
    id: string,
  ) => Promise<string>,
): Promise<void> {
  const complete = matching("CREATE_COMPLETE", COMPLETE);
  const see = (kind: string, id: string, parameters: Readonly<Record<string, string>>) =>
    rows.see(`${kind}: an id of 30 characters`, complete, async () => {
      const seen = await deploy({ ...parameters, SafeDeployments: "false" }, kind, id);
      const StackName = defaultStackName(id);
      await aws("cloudformation", "delete-stack", { StackName });
      await until(
        world,
        STACK_MS,
        () => stacks.status(StackName),
        (status) => !status.startsWith("DELETE_IN"),
      );
      return seen;
    });
  if (inputs.mtls === undefined)
    rows.leaveOut("mtls: an id of 30 characters", complete.text, "no --mtls");
  else {
    const { domainName, certificateArn, ownershipCertificateArn, subjects, truststore } =
      inputs.mtls.endpoint;
    const { bucket: TruststoreBucket, key: TruststoreKey, version: TruststoreVersion } = truststore;
    await see("mtls", `${clusterId}-mtls-rel30`, {
      ...{
        DomainName: domainName,
        CertificateArn: certificateArn,
        CallerSubjects: subjects.join(";"),
      },
      ...{
        TruststoreBucket,
        TruststoreKey,
        ...(TruststoreVersion !== undefined && { TruststoreVersion }),
      },
      ...(ownershipCertificateArn !== undefined && {
        OwnershipCertificateArn: ownershipCertificateArn,
      }),
    });
  }
  const VpcEndpointId = inputs.private?.endpoint["vpcEndpointId"];
  if (typeof VpcEndpointId === "string")
    await see("private", `${clusterId}-priv-rel30`, { VpcEndpointId });
  else
    rows.leaveOut(
      "private: an id of 30 characters",
      complete.text,
      "no --private whose endpoint has a vpcEndpointId",
    );
}

type StackEvent = Record<
  "LogicalResourceId" | "ResourceType" | "ResourceStatus" | "Timestamp",
  string
>;

const BEFORE_ALIAS = /^AWS::(CodeDeploy::DeploymentGroup|IAM::Role|IAM::Policy|Lambda::Function)$/;

/** New resources must be complete before the alias changes, since that starts the deployment. */
async function orderOf({ aws }: Site, stack: string, since: number): Promise<string> {
  const { StackEvents } = await aws<{ StackEvents: StackEvent[] }>(
    "cloudformation",
    "describe-stack-events",
    {
      StackName: stack,
    },
  );
  const time = ({ Timestamp }: StackEvent) => Date.parse(Timestamp);
  // A stack of an earlier run with --keep has more updates.
  const events = StackEvents.filter((event) => time(event) >= since);
  const found = (types: RegExp, status: string) =>
    events.filter(
      ({ ResourceType, ResourceStatus }) => types.test(ResourceType) && ResourceStatus === status,
    );
  const moves = found(/^AWS::Lambda::Alias$/, "UPDATE_IN_PROGRESS");
  if (moves.length === 0) return "the alias did not change";
  const moved = Math.min(...moves.map(time));
  if (found(/^AWS::CodeDeploy::DeploymentGroup$/, "CREATE_COMPLETE").length === 0)
    return "CodeDeploy's group was not created";
  const created = found(BEFORE_ALIAS, "CREATE_COMPLETE");
  const late = created
    .filter((event) => time(event) > moved)
    .map(({ LogicalResourceId }) => LogicalResourceId);
  return late.length === 0
    ? "the alias changed after CodeDeploy's group, role and check"
    : `the alias changed before ${late.join(", ")}`;
}
