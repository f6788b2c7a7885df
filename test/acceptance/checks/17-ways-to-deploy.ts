// Check 17: an upgrade in place from an earlier release, a deployment with the permissions of
// deploying-role.json, and Terraform.

import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultStackName } from "../../../functions/settings/stack.ts";
import { ROOT } from "../../infra/cdk-cli.ts";
import { assume, createRole, statement } from "../identities.ts";
import { releaseOf } from "../release.ts";
import { postReview } from "../reviews.ts";
import { matching, NotRun, oneLine, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import { COMPLETE, makeCaller, mustRun, type Site } from "../site.ts";
import { TAG } from "../stacks.ts";
import { CACHES_MS, until } from "../world.ts";

const created = matching("CREATE_COMPLETE", COMPLETE);
const updated = matching("UPDATE_COMPLETE", /^UPDATE_COMPLETE$/);
const answered = matching("denied: identity_unmapped", /^denied: identity_unmapped: /);

export const check: Check = {
  number: 17,
  title: "Other ways to deploy",
  minutes: 45,
  async run(site, rows) {
    await upgrade(site, rows);
    await byDeployingRole(site, rows);
    await byTerraform(site, rows);
  },
};

/** A review with a new caller of that cluster, which has no mappings. */
async function reviewOf(
  { world, role, tokenOf }: Site,
  clusterId: string,
  kubeconfigCommand: string,
): Promise<string> {
  const webhook = await makeCaller(world, kubeconfigCommand);
  const token = await tokenOf((await role()).credentials, clusterId);
  const look = () => postReview(world, webhook, token);
  return (await until(world, CACHES_MS, look, ({ httpStatus }) => httpStatus === 200)).seen;
}

/** Their replacement would change the URL, or lose the audit record. */
const KEPT = /^AWS::(ApiGatewayV2::(Api|Stage)|Lambda::(Function|Alias)|Logs::LogGroup)$/;

async function upgrade(site: Site, rows: Rows): Promise<void> {
  const { world, aws, stacks, inputs } = site;
  const clusterId = `${site.clusterId}-from`;
  const stack = defaultStackName(clusterId);
  const name = "an earlier release";
  const isThere = await rows.see(name, created, async () => {
    if (inputs.from === undefined) throw new NotRun("no --from");
    const earlier = await releaseOf(
      world,
      aws,
      site.clusterId,
      (await site.account()).id,
      inputs.from,
    );
    return earlier.deploy(clusterId, {});
  });
  if (!isThere) return;
  const kept = async () => {
    const resources = (await stacks.resources(stack)).filter(({ ResourceType }) =>
      KEPT.test(ResourceType),
    );
    return resources.map(
      ({ LogicalResourceId, PhysicalResourceId }) => `${LogicalResourceId} ${PhysicalResourceId}`,
    );
  };
  const before = await kept();
  await rows.see("its upgrade in place", updated, async () =>
    (await site.release()).deploy(clusterId, {}),
  );
  await rows.see("resources that the upgrade replaced", "none", async () => {
    const after = await kept();
    return before.filter((item) => !after.includes(item)).join(", ") || "none";
  });
  await rows.see("a review after the upgrade", answered, async () =>
    reviewOf(site, clusterId, (await stacks.outputs(stack))["KubeconfigCommand"] ?? ""),
  );
}

async function byDeployingRole(site: Site, rows: Rows): Promise<void> {
  const { world, aws, stacks } = site;
  const clusterId = `${site.clusterId}-by-role`;
  const StackName = defaultStackName(clusterId);
  const role = async () => {
    const { id, partition } = await site.account();
    const RoleName = `${site.clusterId}-deployer`;
    const trust = statement({
      Principal: { AWS: `arn:${partition}:iam::${id}:root` },
      Action: "sts:AssumeRole",
    });
    const arn = await createRole(aws, RoleName, trust, site.clusterId);
    const { folder } = await site.release();
    // Without white space: IAM does not count it, and the AWS CLI's argument is shorter.
    const PolicyDocument = JSON.stringify(
      JSON.parse(readFileSync(join(folder, "deploying-role.json"), "utf8")),
    );
    await aws("iam", "put-role-policy", { RoleName, PolicyName: "deploy", PolicyDocument });
    return assume(world, aws, arn);
  };
  const deploy = async (parameters: Readonly<Record<string, string>>) =>
    (await site.release()).deploy(clusterId, parameters, { credentials: await role() });
  const isThere = await rows.see("a stack by deploying-role.json", created, () => deploy({}));
  if (!isThere) return;
  await rows.see("its update by deploying-role.json", updated, () => deploy({ LogLevel: "debug" }));
  await rows.see("its deletion by deploying-role.json", "no stack", async () => {
    await aws("cloudformation", "delete-stack", { StackName }, { as: await role() });
    const isOver = (status: string) => !status.endsWith("_IN_PROGRESS");
    return until(world, STACK_MS, () => stacks.status(StackName), isOver);
  });
}

const STACK_MS = 15 * 60_000;

async function byTerraform(site: Site, rows: Rows): Promise<void> {
  const { world } = site;
  const clusterId = `${site.clusterId}-terraform`;
  const folder = join(world.folder, "terraform");
  const terraform = (...words: readonly string[]) =>
    mustRun(
      world
        .run("terraform", [`-chdir=${folder}`, ...words])
        .catch((error: NodeJS.ErrnoException) => {
          throw error.code === "ENOENT" ? new NotRun("no terraform on the PATH") : error;
        }),
    );
  const variables = async (): Promise<string[]> => {
    const { folder: released } = await site.release();
    const zip =
      readFileSync(join(released, "SHA256SUMS"), "utf8").match(/authenticator-\S+\.zip/)?.[0] ?? "";
    const tags = JSON.stringify({ [TAG]: site.clusterId });
    const { Architecture: architecture } = world.releaseParameters;
    const values = {
      cluster_id: clusterId,
      zip_file: join(released, zip),
      tags,
      ...(architecture && { architecture }),
    };
    return Object.entries(values).map(([name, value]) => `-var=${name}=${value}`);
  };
  let hasBegun = false;
  const isThere = await rows.see("terraform apply", "applied", async () => {
    // "-chdir" of a folder that does not exist yet would fail.
    mkdirSync(folder, { recursive: true });
    await terraform("version");
    cpSync(join(ROOT, "examples", "terraform"), folder, { recursive: true });
    await terraform("init", "-input=false", "-no-color");
    hasBegun = true;
    await terraform("apply", "-auto-approve", "-input=false", "-no-color", ...(await variables()));
    return "applied";
  });
  try {
    if (!isThere) return;
    await rows.see("a review of Terraform's function", answered, async () => {
      const { endpoint } = JSON.parse(await terraform("output", "-json")) as {
        endpoint: { value: string };
      };
      const command = `iam-authenticator callers add control-plane -c ${clusterId} --endpoint ${endpoint.value} --new --out webhook.kubeconfig`;
      return reviewOf(site, clusterId, command);
    });
    await rows.see("a second plan", "no changes", async () => {
      const plan = await terraform("plan", "-input=false", "-no-color", ...(await variables()));
      return /^No changes\./m.test(plan) ? "no changes" : oneLine(plan);
    });
  } finally {
    if (hasBegun) {
      await rows.see("terraform destroy", "destroyed", async () => {
        await terraform(
          "destroy",
          "-auto-approve",
          "-input=false",
          "-no-color",
          ...(await variables()),
        );
        return "destroyed";
      });
    }
  }
}
