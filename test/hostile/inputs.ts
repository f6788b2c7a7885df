// Inputs of every run: secrets that must never be printed, and files.

import { hash } from "node:crypto";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { signToken } from "../../cli/aws/tokens.ts";
import { kubeconfigOf } from "../../cli/kube/kubeconfig.ts";
import { useFolder } from "../cli/fixtures.ts";
import { ec } from "../functions/issuer/samples.ts";

export const KEY = ec("P-256").jwk;
/** Still published; kube-apiserver signs with KEY. */
export const OLD_KEY = ec("P-256").jwk;

/** Long secrets. No part of one is in another secret or in other text. */
export const SECRETS = {
  secretKey: secret("secret key"),
  // With characters that must be escaped in a URL.
  sessionToken: `${secret("session token")}/+${secret("its second half")}==`,
  issuedKey: secret("issued secret key"),
  issuedToken: `${secret("issued session token")}/+==`,
  containerToken: secret("container authorization"),
  metadataToken: secret("token of the instance metadata service"),
  ssoToken: secret("access token of IAM Identity Center"),
  webIdentity: `${secret("header")}.${secret("claims")}.${secret("signature")}`,
  callerToken: secret("caller"),
  adminToken: secret("administrator"),
  podSignature: secret("signature of a Pod's token"),
  password: secret("password of a URL"),
} as const;

function secret(of: string): string {
  return hash("sha256", of, "base64url");
}

/** Credentials from a container's credential service and AssumeRole. */
export const ISSUED = {
  AccessKeyId: "ASIAHOSTILEISSUEDAAA",
  SecretAccessKey: SECRETS.issuedKey,
  Token: SECRETS.issuedToken,
} as const;

export type Files = ReturnType<typeof writeFiles>;

export function writeFiles(ca: string) {
  const { path: folder, write: writeFile } = useFolder();
  const write = (name: string, text: string): string => writeFile(name, text, 0o600);
  const mapping = (role: string, username: string, group: string) =>
    `mappings: [{arn: "arn:aws:iam::111122223333:role/${role}", username: "${username}", groups: [${group}]}]\n`;
  const signedIn = {
    accessToken: SECRETS.ssoToken,
    expiresAt: new Date(Date.now() + DAY).toISOString(),
  };
  write(`.aws/sso/cache/${hash("sha1", SSO_SESSION)}.json`, JSON.stringify(signedIn));
  return {
    folder,
    ca: write("ca.pem", ca),
    callerToken: write("caller-token", SECRETS.callerToken),
    webIdentity: write("web-identity", SECRETS.webIdentity),
    token: join(folder, "token"),
    nodeToken: join(folder, "node-token"),
    /**
     * Before each run, since all runs take longer than the 15 minutes of a token. Parallel runs
     * read complete files.
     */
    async signTokens() {
      for (const [name, key] of Object.entries({
        token: "ASIAHOSTILEOPERATORA",
        "node-token": NODE_ACCESS_KEY,
      })) {
        const text = await presignedToken(key);
        renameSync(write(`${name}.new`, text), join(folder, name));
      }
    },
    mappings: write("mappings.yaml", mapping("Operators", "operator", "operators")),
    unchanged: write("unchanged.yaml", mapping("Developers", "dev:{SessionName}", "developers")),
    awsAuth: write("aws-auth.yaml", AWS_AUTH),
    cdkJson: write("cdk.json", '{"context": {"clusters": [{"clusterId": "prod"}]}}'),
    awsConfig: write("aws-config", AWS_CONFIG),
    kubeconfig: (server: string) =>
      write(
        `kubeconfig-${new URL(server).port}`,
        kubeconfigOf(server, ca, { token: SECRETS.adminToken }),
      ),
  };
}

const AWS_AUTH = `kind: ConfigMap
metadata: {name: aws-auth}
data:
  mapRoles: |
    - {rolearn: "arn:aws:iam::111122223333:role/Developers", username: dev, groups: [developers]}
`;
const DAY = 86_400_000;
const SSO_SESSION = "company";
const AWS_CONFIG = `[profile person]
sso_session = ${SSO_SESSION}
sso_account_id = 111122223333
sso_role_name = Developers
[sso-session ${SSO_SESSION}]
sso_region = us-east-1
sso_start_url = https://company.awsapps.com/start
[profile keys]
aws_access_key_id = ASIAHOSTILEOPERATORA
aws_secret_access_key = ${SECRETS.secretKey}
aws_session_token = ${SECRETS.sessionToken}
[profile role]
role_arn = arn:aws:iam::111122223333:role/Developers
source_profile = keys
`;

/** The local STS identifies a node by this key. */
export const NODE_ACCESS_KEY = "ASIAHOSTILENODENODEA";

async function presignedToken(accessKeyId: string): Promise<string> {
  const credentials = {
    accessKeyId,
    secretAccessKey: SECRETS.secretKey,
    sessionToken: SECRETS.sessionToken,
  };
  const now = Date.now();
  return (
    await signToken({
      credentials,
      clusterId: "prod",
      region: "us-east-1",
      domain: "amazonaws.com",
      now,
    })
  ).token;
}

const PART = 12;

/** The secrets that occur, at least in part, in this text. */
export function secretsIn(text: string): string[] {
  return PARTS.filter(({ parts }) => parts.some((part) => text.includes(part))).map(
    ({ name }) => name,
  );
}

const PARTS = Object.entries(SECRETS).map(([name, secret]) => {
  const [base64, base64url] = (["base64", "base64url"] as const).map((encoding) =>
    Buffer.from(secret).toString(encoding),
  );
  // The encodings in which a server may echo the secret.
  const parts = [secret, encodeURIComponent(secret), base64 ?? "", base64url ?? ""].flatMap(
    (spelling) =>
      Array.from({ length: spelling.length - PART + 1 }, (_, i) => spelling.slice(i, i + PART)),
  );
  return { name, parts: [...new Set(parts)] };
});
