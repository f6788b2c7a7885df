// Local services that replace AWS and a cluster while the commands of a page run; each page gets
// new ones.

import { hash } from "node:crypto";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { kubeconfigOf } from "../../cli/kube/kubeconfig.ts";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { type LocalFunction, startFunction } from "../../local/function.ts";
import { startGateway } from "../../local/gateway/gateway.ts";
import { TOKEN_ISSUERS } from "../../local/sandbox-files.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { startAccountSettings } from "../cli/commands/doctor/endpoint.ts";
import { kubeconfig, startService } from "../cli/commands/irsa/services.ts";
import { startIam } from "../cli/commands/report/services.ts";
import { loggedServices } from "../cli/commands/reviews/services.ts";
import { useFolder } from "../cli/fixtures.ts";
import { SAMPLES } from "../functions/issuer/samples.ts";
import { localIdentity, localServices, startParameterStore, startSts } from "../local-aws.ts";
import { ROOT } from "./shell-blocks.ts";

const REGION = "us-west-2";
const ofCluster = (cluster: string) => `/iam-authenticator/${cluster}`;
const ROLE = "arn:aws:iam::111122223333:role/Developers";
const ADMIN = "arn:aws:iam::111122223333:role/Admin";
const ALICE = "arn:aws:iam::111122223333:user/engineering/alice";
const CALLER_TOKEN = "of-a-caller-of-this-sandbox-alone";

const PARAMETERS = {
  "role/111122223333/developers": {
    arn: ROLE,
    username: "dev:{SessionName}",
    groups: ["developers"],
  },
  "user/111122223333/alice": { arn: ALICE, username: "alice" },
  "role/111122223333/admin": { arn: ADMIN, username: "admin", groups: ["system:masters"] },
  "sso/111122223333/clusteradmin": { username: "admin:{SessionName}", groups: ["system:masters"] },
  callers: [{ name: "first", sha256: hash("sha256", CALLER_TOKEN) }],
};

function filesFor(admin: string, webhook: string, ca: string): Readonly<Record<string, string>> {
  const mapped = { username: "dev", groups: ["developers"] };
  const policyArn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
  const accessScope = { type: "cluster", namespaces: [] };
  const mapRoles = [{ rolearn: ROLE, ...mapped }];
  const config = `clusterID: my-cluster\nserver: ${JSON.stringify({ mapRoles })}`;
  const accessEntry = {
    principalArn: ROLE,
    username: "dev",
    kubernetesGroups: ["developers"],
    type: "STANDARD",
  };
  // biome-ignore format: a table
  const documents = {
    "aws-auth.yaml": { kind: "ConfigMap", metadata: { name: "aws-auth" }, data: { mapRoles: JSON.stringify(mapRoles) } },
    "server-config.yaml": { kind: "ConfigMap", data: { "config.yaml": config } },
    "identity-mappings.yaml": { kind: "List", items: [{ kind: "IAMIdentityMapping", metadata: { name: "dev" }, spec: { arn: ROLE, ...mapped } }] },
    "access-entry.json": { accessEntry },
    "access-policies.json": { principalArn: ROLE, associatedAccessPolicies: [{ policyArn, accessScope }] },
    "iam-authenticator/config.yaml": { contexts: { "my-cluster": { webhookKubeconfig: "../.local/webhook.kubeconfig" }, staging: {} } },
    "common.yaml": { mappings: [{ arn: ROLE, ...mapped }] },
    "prod.yaml": { mappings: [{ arn: ROLE, ...mapped, groups: ["view"] }] },
    "cdk.json": { context: { clusters: [{ clusterId: "cluster-201", account: "111122223333", region: REGION }] } },
    "jwks.json": { keys: SAMPLES.map(({ jwk }) => jwk) },
  };
  const texts = Object.entries(documents).map(([name, document]) => [
    name,
    JSON.stringify(document),
  ]);
  // Tests in test/local/ read the real one.
  const env = "export CLUSTER_ID=my-cluster\n";
  const files = {
    "ca.crt": ca,
    "admin.conf": admin,
    ".local/webhook.kubeconfig": webhook,
    ".local/env": env,
  };
  return { ...Object.fromEntries(texts), ...files };
}

/**
 * `parameters`: by name without the prefix. `who` runs the commands. `withoutWebhook`: the page
 * creates that file.
 */
export async function startSandbox(
  t: TestContext,
  {
    parameters = PARAMETERS as Readonly<Record<string, unknown>>,
    who = "alice",
    withoutWebhook = false,
  } = {},
) {
  const { path: folder, write } = useFolder();
  function closed<T extends { close(): unknown }>(service: T): T {
    t.after(() => service.close());
    return service;
  }
  const sts = closed(await startSts({ signedTokens: { issuers: TOKEN_ISSUERS } }));
  const named = ["my-cluster", "staging"].flatMap((cluster) =>
    Object.entries(parameters).map(([name, value]) => [
      `${ofCluster(cluster)}/${name}`,
      JSON.stringify(value),
    ]),
  );
  // Commands would wait until functions have read what an earlier command wrote.
  const now = () => Date.now() - 60_000;
  const store = closed(
    await startParameterStore({ region: REGION, parameters: Object.fromEntries(named), now }),
  );
  const lambda = closed(await startAccountSettings(() => [1000, 992]));
  const authority = createCertificateAuthority();
  const services = localServices(REGION, { sts: sts.url, store: store.url });
  const settings = { CLUSTER_ID: "my-cluster", CALLER_AUTH: "bearer", ...services };
  let deployed: LocalFunction | undefined;
  t.after(() => deployed?.close());
  /** As on Lambda, starts with the first event, so that it reads earlier writes. */
  const handler: LocalFunction["handler"] = (event, context) => {
    deployed ??= startFunction(settings, join(folder, "function.log"));
    return deployed.handler(event, context);
  };
  const gateway = closed(
    await startGateway({ handler, tls: { ...authority.server(), ca: authority.ca } }),
  );
  const apiserver = closed(await startService());
  apiserver.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: SAMPLES.map(({ jwk }) => jwk) }]);
  for (const kind of ["clusterrolebindings", "rolebindings"]) {
    apiserver.answers.set(`GET /apis/rbac.authorization.k8s.io/v1/${kind}`, () => [
      200,
      { items: [] },
    ]);
  }
  const iam = closed(await startIam({ roles: {}, users: {} }));

  const endpoint = `${gateway.url}/authenticate`;
  const logged = closed(await loggedServices([], "IamAuthenticator-my-cluster", endpoint));
  const webhook = kubeconfigOf(endpoint, authority.ca, { token: CALLER_TOKEN });
  const files = filesFor(kubeconfig(apiserver), webhook, authority.ca);
  for (const [name, text] of Object.entries(files)) write(name, text);
  if (!withoutWebhook) write("webhook.kubeconfig", webhook);

  return {
    folder,
    environment: {
      AWS_REGION: REGION,
      ...isolatedVariables(localIdentity(who)),
      AWS_ENDPOINT_URL_SSM: store.url,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_ENDPOINT_URL_IAM: iam.url,
      ...logged.variables,
      NODE_EXTRA_CA_CERTS: join(folder, "ca.crt"),
      // Compiles the command once instead of for each line.
      NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/compiled-command"),
      XDG_CONFIG_HOME: folder,
      HOME: folder,
      F: "function-name",
    },
    placeholders: {
      "<this repository>": "https://git.example.com/repository",
      "<Endpoint>": endpoint,
      "https://<api>.execute-api.<region>.amazonaws.com": "https://localhost",
      "https://<api>...": "https://localhost",
      // The first file already exists at the start of the page.
      "--token-file caller-token --out webhook.kubeconfig":
        "--token-file caller-token --out another.kubeconfig",
      "--name <name>": "--name /a",
      "--query-id <id>": "--query-id id",
      // Profiles of the sandbox's identities.
      " --profile bob": "",
      " --profile alice": "",
      " --profile pod": "",
      ".ci/run ": "ci-run ",
      "<node>": "node-1",
      // Nothing listens there.
      "https://<kube-apiserver>:6443": "https://localhost:1",
      "<kube-apiserver>": "kube-apiserver",
      "<LogGroup>": "log-group",
      "<FunctionName>": "function-name",
      "<number>": "1",
      "<AccessKeyId>": "AKIAEXAMPLE",
      "<old caller>": "first",
    },
  };
}
