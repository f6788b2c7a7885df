// A kubeconfig whose server URL has a path, as with a proxy for several clusters, or another name than the certificate.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kubeconfigOf } from "../../../cli/kubeconfig/webhook.ts";
import { JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { ec } from "../../functions/issuer/samples.ts";
import { cli } from "../cli.ts";
import { useFolder } from "../folder.ts";
import { exits, PREFIX, useCluster } from "../mappings/cluster.ts";
import { prepare, useServer } from "../use-server.ts";
import { startService, tokenOf } from "./services.ts";

const PATH = "/k8s/clusters/c-1";
const [ours, others] = [ec("P-256").jwk, ec("P-256").jwk];
const folder = useFolder();
const cluster = useCluster({}, "all");
const apiserver = useServer(startService);
prepare(() => {
  apiserver.answers.set(`GET ${PATH}${JWKS_PATH}`, () => [200, { keys: [ours] }]);
  // The proxy's root is a cluster too.
  apiserver.answers.set(`GET ${JWKS_PATH}`, () => [200, { keys: [others] }]);
  const token = "/api/v1/namespaces/default/serviceaccounts/default/token";
  const signedBy = (kid: string) => () => [201, { status: { token: tokenOf(kid, "https://x") } }] as [number, unknown];
  apiserver.answers.set(`POST ${PATH}${token}`, signedBy(ours.kid));
  apiserver.answers.set(`POST ${token}`, signedBy(others.kid));
});

for (const slash of ["", "/"]) {
  test(`with ${slash === "" ? "no slash" : "a slash"} at the end of the path, it reads the keys and the signer of that cluster`, async () => {
    const server = `${apiserver.url}${PATH}${slash}`;
    const file = folder.write("admin.conf", kubeconfigOf(server, apiserver.ca, { token: "an-admin-token" }));
    await exits(cli(["irsa", "keys", "publish", "-c", "prod", "-y", "--kubeconfig", file]), 0);
    // Only shows that the cluster exists.
    cluster.store.remove(`${PREFIX}/issuer/none`);
    const { out } = await cli(["irsa", "keys", "list", "-c", "prod", "-o", "name"]);
    assert.equal(out, `issuer/${ours.kid}\n`);
    cluster.put(`issuer/${others.kid}`, others);
    const words = ["-c", "prod", "-y", "--kubeconfig", file, "--signed-until", "2020-01-01T00:00:00Z"];
    await exits(cli(["irsa", "keys", "retire", `issuer/${ours.kid}`, ...words]), 1, /kube-apiserver signs with it now/);
    cluster.store.remove(`${PREFIX}/issuer/${others.kid}`);
  });
}

test("tls-server-name is the name that the certificate must have", async () => {
  const bare = kubeconfigOf(`${apiserver.url}${PATH}`, apiserver.ca, { token: "an-admin-token" });
  for (const [name, code] of [
    ["localhost", 0],
    ["other.example", 3],
  ] as const) {
    const text = bare.replace(/^( +)server: .*$/m, `$&\n$1tls-server-name: ${name}`);
    const file = folder.write(`${name}.conf`, text);
    const words = ["irsa", "keys", "publish", "-c", "prod", "--dry-run", "--kubeconfig", file];
    assert.equal((await cli(words)).code, code, name);
  }
});
