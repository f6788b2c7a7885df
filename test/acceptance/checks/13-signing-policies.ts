// Check 13: STS refuses AWS-signed tokens as the policies in examples/ and the documented limits
// require.

import { type Assumed, credentialsIn, eventually, SESSION } from "../identities.ts";
import { matching, type Rows } from "../rows.ts";
import type { Check } from "../runner.ts";
import {
  assumeSigningRole,
  CONTROL_POLICY,
  ensureIssuer,
  getSignedToken,
  makeSigningRole,
  makeSigningUser,
  refusalOf,
  SOURCE,
  signingPolicy,
  signingRoleName,
  TEAM,
  untilRefusal,
} from "../signed-tokens.ts";
import type { Site } from "../site.ts";
import type { Credentials } from "../world.ts";

const DENIED = matching("AccessDenied", /^AccessDenied(Exception)?$/);
/** AssumeRole's shortest session. A token of 900 s that is asked for later would outlive it. */
const SHORTEST_SECONDS = 900;
const LATER_MS = 30_000;

export const check: Check = {
  number: 13,
  title: "Policies for AWS-signed tokens",
  minutes: 5,
  needsSigning: true,
  async run(site, rows) {
    if ((await ensureIssuer(site, rows, "policies")) === undefined) return;
    await site.ensure();
    const arn = await makeSigningRole(site);
    const role = await assumeSigningRole(site, arn);
    // Until the role's policy applies, every refusal would be an AccessDenied.
    if (
      !(await rows.see("policy.json", "allowed", () =>
        eventually(site.world, () => signs(site, role)),
      ))
    )
      return;
    const other = { Audience: [`iam-authenticator/${site.clusterId}-other`] };
    await rows.see("another audience", DENIED, () => refusalOf(getSignedToken(site, role, other)));
    const long = { DurationSeconds: 901 };
    await rows.see("901 s", DENIED, () => refusalOf(getSignedToken(site, role, long)));
    await rows.see("longer than the session", "SessionDurationEscalationException", async () => {
      const short = await assumeSigningRole(site, arn, { DurationSeconds: SHORTEST_SECONDS });
      await site.world.sleep(LATER_MS);
      return refusalOf(getSignedToken(site, short));
    });
    await ofUser(site, rows);
    await controlPolicy(site, rows, role);
    await trust(site, rows);
  },
};

const signs = (site: Site, as: Credentials) => getSignedToken(site, as).then(() => "allowed");

async function ofUser(site: Site, rows: Rows): Promise<void> {
  const { aws } = site;
  let made: Credentials | undefined;
  const isAllowed = await rows.see("policy.json, user", "allowed", async () => {
    const user = await makeSigningUser(site);
    made = user;
    return eventually(site.world, () => signs(site, user));
  });
  if (!isAllowed || made === undefined) return;
  const user = made;
  // A session of GetSessionToken may only call AssumeRole and GetCallerIdentity of STS:
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
  await rows.see("session of GetSessionToken", DENIED, async () => {
    const { Credentials: made } = await aws<Assumed>("sts", "get-session-token", {}, { as: user });
    return refusalOf(getSignedToken(site, credentialsIn(made)));
  });
}

/**
 * The statements of the service control policy, as a policy of the role: a run cannot change an
 * organization.
 */
async function controlPolicy(site: Site, rows: Rows, role: Credentials): Promise<void> {
  const RoleName = signingRoleName(site);
  const { partition } = await site.account();
  // The second ARN of the policy includes the role's path.
  const put = async (name: string) => {
    const ofRole = signingPolicy(site, "scp.json").replaceAll("/Developers", `/${name}`);
    const PolicyDocument = ofRole.replaceAll("arn:aws:", `arn:${partition}:`);
    await site.aws("iam", "put-role-policy", {
      RoleName,
      PolicyName: CONTROL_POLICY,
      PolicyDocument,
    });
  };
  await rows.see("scp.json for another role", DENIED, async () => {
    await put(`${RoleName}-other`);
    return untilRefusal(site, role, DENIED.holds);
  });
  await rows.see("scp.json for this role", "allowed", async () => {
    await put(RoleName);
    return untilRefusal(site, role, (answer) => answer === "allowed");
  });
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
async function trust(site: Site, rows: Rows): Promise<void> {
  const { arn } = await site.role();
  const assumed = (more: object) =>
    refusalOf(site.aws("sts", "assume-role", { RoleArn: arn, RoleSessionName: SESSION, ...more }));
  // The role's trust policy allows only sts:AssumeRole.
  const Tags = [{ Key: "team", Value: TEAM }];
  await rows.see("session tags without sts:TagSession", DENIED, () => assumed({ Tags }));
  await rows.see("source identity without sts:SetSourceIdentity", DENIED, () =>
    assumed({ SourceIdentity: SOURCE }),
  );
}
