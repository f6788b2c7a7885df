// Check 2: tokens of every client and principal, for every documented kind of STS host, and an
// expired token.

import { partitionOfRegion } from "../../../functions/aws/partitions.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { mintToken } from "../../../local/identities.ts";
import { matching, NotRun, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import { GRANTED, GROUP, mustRun, type Site, tokenIn } from "../site.ts";
import type { Credentials } from "../world.ts";

const MINUTE = 60_000;

export const check: Check = {
  number: 2,
  title: "Tokens",
  minutes: 4,
  async run(site, rows) {
    const granted = (token: string) => site.login(token);
    const asUser = `granted as acceptance-user (${GROUP})`;
    const [role, user] = [
      async () => (await site.role()).credentials,
      async () => (await site.user()).credentials,
    ];
    await rows.see("AWS CLI, role", GRANTED, async () =>
      granted(await byAwsCli(site, await role())),
    );
    await rows.see("AWS CLI, user", asUser, async () =>
      granted(await byAwsCli(site, await user())),
    );
    await rows.see("this command, role", GRANTED, async () => site.login());
    await rows.see("this command, user", asUser, async () =>
      granted(await site.tokenOf(await user())),
    );
    await permissionSet(site, rows);

    for (const [name, host] of hostsOf(site.world.region)) {
      await rows.see(name, GRANTED, async () => {
        if (host === undefined)
          throw new NotRun(`AWS documents none for the partition of ${site.world.region}`);
        return granted(await minted(site, await role(), host));
      });
    }

    // In a Region that the account has opted in to, STS is only that Region's:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html
    await rows.see("a host of an opt-in Region", GRANTED, async () => {
      type Regions = { readonly Regions: { readonly RegionName: string }[] };
      const Filters = [{ Name: "opt-in-status", Values: ["opted-in"] }];
      const { Regions } = await site.aws<Regions>("ec2", "describe-regions", { Filters });
      const { RegionName } = Regions[0] ?? {};
      if (RegionName === undefined) throw new NotRun("the account has opted in to no Region");
      const domain = partitionOfRegion(RegionName)?.domain ?? "amazonaws.com";
      return granted(await minted(site, await role(), `sts.${RegionName}.${domain}`));
    });

    const aged = async (minutes: number) => {
      const regional = hostsOf(site.world.region)[0]?.[1] ?? "";
      return (
        await site.review(
          await minted(site, await role(), regional, site.world.now() - minutes * MINUTE),
        )
      ).seen;
    };
    // STS ignores X-Amz-Expires; a presigned request is valid for 15 minutes after X-Amz-Date:
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    await rows.see("signed 14 minutes ago, X-Amz-Expires 60", GRANTED, () => aged(14));
    const expired = matching("denied: token_expired", /^denied: token_expired: /);
    await rows.see("signed 16 minutes ago", expired, () => aged(16));
  },
};

/**
 * FIPS hosts: https://docs.aws.amazon.com/general/latest/gr/sts.html. Dual-stack hosts, with FIPS
 * in US and Canada Regions only:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_dual-stack_endpoint_support.html. A
 * token may be signed for another Region than the function's, so Regions without a FIPS host use
 * us-east-1.
 */
function hostsOf(region: string): readonly (readonly [name: string, host: string | undefined])[] {
  const partition = partitionOfRegion(region);
  if (partition === undefined) throw new Error(`the partition of ${region} is unknown`);
  const { id, domain, dualStackDomain } = partition;
  const isCommercial = id === "aws";
  const fips = /^us-/.test(region) ? region : "us-east-1";
  return [
    ["regional host", `sts.${region}.${domain}`],
    [
      "dual-stack host",
      dualStackDomain === undefined ? undefined : `sts.${region}.${dualStackDomain}`,
    ],
    ["FIPS host", isCommercial ? `sts-fips.${fips}.${domain}` : undefined],
    ["FIPS dual-stack host", isCommercial ? `sts-fips.${fips}.${dualStackDomain}` : undefined],
    ["global host", isCommercial ? "sts.amazonaws.com" : undefined],
  ];
}

function byAwsCli({ world, clusterId }: Site, credentials: Credentials): Promise<string> {
  const args = ["eks", "get-token", "--cluster-name", clusterId, "--region", world.region];
  return mustRun(world.run("aws", args, { credentials })).then(tokenIn);
}

function minted(
  { clusterId, world }: Site,
  keys: Credentials,
  host: string,
  now = world.now(),
): Promise<string> {
  const region = host === "sts.amazonaws.com" ? "us-east-1" : (host.split(".")[1] ?? "");
  const identity: LocalIdentity = { ...{ name: "", arn: "", account: "", userId: "" }, ...keys };
  return mintToken({ identity, clusterId, region, host, now });
}

const SET_USER = "acceptance-permission-set";

async function permissionSet(site: Site, rows: Rows): Promise<void> {
  const { ssoProfile } = site.inputs;
  await rows.see("permission set", `granted as ${SET_USER} (${GROUP})`, async () => {
    if (ssoProfile === undefined) throw new NotRun("no --sso-profile");
    const profile = ["--profile", ssoProfile, "--region", site.world.region];
    const caller = ["sts", "get-caller-identity", "--output", "json", ...profile];
    const { Arn } = JSON.parse(await mustRun(site.world.run("aws", caller))) as { Arn: string };
    const [, account, set] =
      /^arn:[\w-]+:sts::(\d{12}):assumed-role\/AWSReservedSSO_(.+)_[0-9a-f]{16}\//.exec(Arn) ?? [];
    if (set === undefined)
      return `the profile is not a permission set's: ${Arn.split("/").slice(0, 2).join("/")}`;
    await site.map(`sso/${account}/${set}`, SET_USER);
    const args = ["eks", "get-token", "--cluster-name", site.clusterId, ...profile];
    return site.login(tokenIn(await mustRun(site.world.run("aws", args))));
  });
}
