// A service account of the local cluster: signing key and tokens, IAM roles, and the OIDC providers
// that their trust policies trust.

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SignJWT } from "jose";
import { issuerKeyOf } from "../functions/issuer/key.ts";
import { providerName, trustConditions } from "../functions/issuer/trust-policy.ts";
import type { SandboxFiles } from "./sandbox-files.ts";

/** An IAM OIDC provider: the issuer and audiences of tokens that an account accepts. */
export interface OidcProvider {
  /** Must equal the `iss` of tokens. */
  readonly issuer: string;
  readonly account: string;
  readonly audiences: readonly string[];
}

export interface LocalRole {
  readonly name: string;
  readonly account: string;
  /** `AROA...` */
  readonly roleId: string;
  readonly trustPolicy: TrustPolicy;
}

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, reduced to web
 * identities.
 */
export interface TrustPolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly TrustStatement[];
}

export interface TrustStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal: { readonly Federated: OneOrMore };
  readonly Action: OneOrMore;
  /** Values by operator and by key, such as `oidc.example.com:sub`. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

export type OneOrMore = string | readonly string[];

export function roleArn({ account, name }: Pick<LocalRole, "account" | "name">): string {
  return `arn:aws:iam::${account}:role/${name}`;
}

export function providerArn({ account, issuer }: Pick<OidcProvider, "account" | "issuer">): string {
  return `arn:aws:iam::${account}:oidc-provider/${providerName(issuer)}`;
}

interface ServiceAccountRole extends Pick<LocalRole, "name" | "roleId"> {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * Returns a role that trusts one service account: StringEquals on `sub` and `aud`, the first
 * audience.
 */
export function serviceAccountRole(provider: OidcProvider, role: ServiceAccountRole): LocalRole {
  const { name, roleId, namespace, serviceAccount } = role;
  const [audience = ""] = provider.audiences;
  return {
    name,
    roleId,
    account: provider.account,
    trustPolicy: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: providerArn(provider) },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: trustConditions(
            provider.issuer,
            { namespace, name: serviceAccount },
            audience,
          ),
        },
      ],
    },
  };
}

export const SERVICE_ACCOUNT = { namespace: "ci", name: "deployer" };

export const AUDIENCE = "sts.amazonaws.com";

const ACCOUNT = "111122223333";

const ROLE_NAME = "Deployer";

export const POD_ROLE_ARN = roleArn({ account: ACCOUNT, name: ROLE_NAME });

export function localProvider(issuer: string): OidcProvider {
  return { issuer, account: ACCOUNT, audiences: [AUDIENCE] };
}

export function localPodRole(provider: OidcProvider): LocalRole {
  const { namespace, name: serviceAccount } = SERVICE_ACCOUNT;
  const roleId = "AROALOCALDEPLOYERAAAA";
  return serviceAccountRole(provider, { name: ROLE_NAME, roleId, namespace, serviceAccount });
}

/** Creates the key if it is missing, and writes its public key to the mappings for the issuer. */
export function publishServiceAccountKey(files: SandboxFiles): void {
  if (!existsSync(files.serviceAccountKey)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(files.serviceAccountKey, privateKey.export({ type: "pkcs8", format: "pem" }), {
      mode: 0o600,
    });
  }
  const { kid, jwk } = readServiceAccountKey(files);
  const folder = join(files.mappings, "issuer");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${kid}.json`), jwk);
}

/**
 * Writes a token as kubelet does for a Pod, with kube-apiserver's claims. Returns the token.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
 */
export async function writeServiceAccountToken(
  files: SandboxFiles,
  issuer: string,
): Promise<string> {
  const { privateKey, kid } = readServiceAccountKey(files);
  const { namespace, name } = SERVICE_ACCOUNT;
  const token = await new SignJWT({
    "kubernetes.io": { namespace, serviceaccount: { name, uid: randomUUID() } },
  })
    .setProtectedHeader({ alg: "RS256", kid })
    .setIssuer(issuer)
    .setSubject(`system:serviceaccount:${namespace}:${name}`)
    .setAudience([AUDIENCE])
    .setIssuedAt()
    .setNotBefore("0s")
    .setExpirationTime("24h")
    .setJti(randomUUID())
    .sign(privateKey);
  writeFileSync(files.serviceAccountToken, token, { mode: 0o600 });
  return token;
}

/** Returns the key. `jwk`: the public key in the format of Parameter Store. */
function readServiceAccountKey({ serviceAccountKey }: SandboxFiles) {
  const privateKey = createPrivateKey(readFileSync(serviceAccountKey));
  const key = issuerKeyOf(createPublicKey(privateKey));
  if (key === undefined)
    throw new Error(
      `${serviceAccountKey} is not an RSA or EC key. Delete the file to create a new key.`,
    );
  return { privateKey, kid: key.kid, jwk: JSON.stringify(key) };
}
