// Check 8: publishes a key, deploys the issuer, and exchanges a service account token at STS for
// role credentials.

import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SignJWT } from "jose";
import { DISCOVERY_PATH, JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { keyId } from "../../../functions/issuer/key.ts";
import { defaultStackName } from "../../../functions/settings/stack.ts";
import { createRole, eventually } from "../identities.ts";
import { matching } from "../rows.ts";
import type { Check } from "../runner.ts";
import { refusalOf } from "../signed-tokens.ts";
import { COMPLETE, mustRun, type Site } from "../site.ts";

const SUBJECT = "system:serviceaccount:acceptance:probe";

export const check: Check = {
  number: 8,
  title: "Service account issuer",
  minutes: 8,
  async run(site, rows) {
    const { world, clusterId } = site;
    // As in infra/context/stacks.ts.
    const stack = defaultStackName(clusterId, "Issuer");
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const kid = keyId(publicKey);

    await rows.see("keys publish", `exit 0; issuer/${kid}`, async () => {
      // The command requires a cluster.
      await site.ensure();
      const file = join(world.folder, "sa.pub");
      writeFileSync(file, publicKey.export({ type: "spki", format: "pem" }));
      const ran = await site.command(["irsa", "keys", "publish", "--public-key", file, "--yes"]);
      return `exit ${ran.exitCode}; ${ran.stdout.includes(`issuer/${kid}`) ? `issuer/${kid}` : ran.stdout + ran.stderr}`;
    });
    const deploy = async () => (await site.stacks.deploy(stack, { clusterId, issuer: true })).seen;
    if (!(await rows.see("deploy", matching("CREATE_COMPLETE", COMPLETE), deploy))) return;
    const { IssuerUrl = "" } = await site.stacks.outputs(stack);
    await rows.see("documents", `discovery 200; keys 200, with ${kid}`, async () => {
      const get = (path: string) => world.request(`${IssuerUrl}${path}`, { method: "GET" });
      const [discovery, keys] = [await get(DISCOVERY_PATH), await get(JWKS_PATH)];
      const ids =
        keys.status === 200 ? (JSON.parse(keys.text) as { keys: { kid: string }[] }).keys : [];
      const named = ids.some((key) => key.kid === kid)
        ? `with ${kid}`
        : `without it, ${ids.length} others`;
      return `discovery ${discovery.status}; keys ${keys.status}, ${named}`;
    });
    const sign = (sub: string) => {
      const iat = Math.floor(world.now() / 1000);
      const claims = {
        iss: IssuerUrl,
        sub,
        aud: ["sts.amazonaws.com"],
        iat,
        nbf: iat,
        exp: iat + 600,
      };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", kid, typ: "JWT" })
        .sign(privateKey);
    };
    let role = "";
    const session = new RegExp(`^arn:[\\w-]+:sts::\\d+:assumed-role/${clusterId}-pod/`);
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
    const exchanged = matching(`assumed role ${clusterId}-pod`, session);
    await rows.see("AssumeRoleWithWebIdentity", exchanged, async () => {
      role = await makePodRole(site, IssuerUrl);
      const token = await sign(SUBJECT);
      return eventually(world, () => exchange(site, role, token));
    });
    await rows.see("another service account", "AccessDenied", async () => {
      return refusalOf(exchange(site, role, await sign("system:serviceaccount:acceptance:other")));
    });
  },
};

async function makePodRole({ world, aws, account, clusterId }: Site, url: string): Promise<string> {
  const { id, partition } = await account();
  const place = ["--issuer", url, "--aws-account", id, "--partition", partition];
  const policy = ["irsa", "trust-policy", "acceptance/probe", ...place];
  return createRole(
    aws,
    `${clusterId}-pod`,
    await mustRun(world.run("iam-authenticator", policy)),
    clusterId,
  );
}

async function exchange({ aws }: Site, RoleArn: string, WebIdentityToken: string): Promise<string> {
  const input = { RoleArn, RoleSessionName: "probe", WebIdentityToken };
  type Answer = Record<"AssumedRoleUser", { readonly Arn: string }>;
  const { AssumedRoleUser } = await aws<Answer>("sts", "assume-role-with-web-identity", input);
  return AssumedRoleUser.Arn;
}
