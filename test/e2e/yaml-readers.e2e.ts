// kubectl reads YAML 1.1. Every name in a file that the command writes must still be text for it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { webhookKubeconfig } from "../../cli/kube/kubeconfig.ts";
import { cli } from "../cli/cli.ts";
import { exits, useCluster } from "../cli/commands/mappings/cluster.ts";
import { useFolder } from "../cli/fixtures.ts";
import { KUBERNETES_VERSIONS, kubernetesProgram } from "./binaries/binaries.ts";
import { build } from "./binaries/build.ts";
import { execute } from "./cluster/kubectl.ts";

const program = build(kubernetesProgram("kubectl", KUBERNETES_VERSIONS[0]));
const folder = useFolder();
const cluster = useCluster({}, "all");

/** 26 valid cluster ids. */
const BOOLEANS = [
  "no",
  "No",
  "NO",
  "n",
  "N",
  "on",
  "ON",
  "off",
  "y",
  "Y",
  "yes",
  "Yes",
  "true",
  "False",
  "null",
];
const NUMBERS = [
  "1_000",
  "0b1",
  "0B1",
  "0o17",
  "0O7",
  "0x1F",
  "012",
  "1e3",
  "1_0e1_0",
  "1.5",
  "1__0",
];
/** Names of containers and namespaces. */
const LABELS = [
  "no",
  "n",
  "on",
  "off",
  "y",
  "yes",
  "true",
  "false",
  "null",
  "0b1",
  "0o17",
  "0x1f",
  "012",
  "1e3",
  "10",
];

async function kubectl(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await execute(program, words, { env: { HOME: folder.path } });
  assert.equal(code, 0, stderr);
  return stdout;
}

async function readKubeconfig(text: string) {
  const file = folder.write("kubeconfig", text);
  return JSON.parse(await kubectl("--kubeconfig", file, "config", "view", "--raw", "-o", "json"));
}

/** The objects of a manifest as kubectl reads them, with another label. */
async function readObjects(text: string) {
  const printed = await kubectl(
    "label",
    "--local",
    "-f",
    folder.write("objects.yaml", text),
    "read=1",
    "-o",
    "json",
  );
  return printed.split(/(?<=^\})\n(?=\{)/m).map((object) => JSON.parse(object));
}

test("kubectl reads such a name as a boolean if it is not in quotes", async () => {
  const [object] = await readObjects(
    "apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec: [no, 0B1, 1_0e1_0]\n",
  );
  assert.deepEqual(object.spec, [false, 1, 1e11]);
  await assert.rejects(readKubeconfig("clusters: [{name: no}]\n"), /cannot unmarshal bool/);
});

for (const id of [...BOOLEANS, ...NUMBERS]) {
  test(`kubectl reads cluster id, profile and token ${id} as text`, async () => {
    const words = [
      "-c",
      id,
      "--server",
      "https://10.0.0.1:6443",
      "--exec",
      "iam-authenticator",
      "--profile",
      id,
    ];
    const { out } = await exits(cli(["kubeconfig", "client", ...words]), 0);
    const config = await readKubeconfig(out);
    const [{ name }, { context }, { user }] = [
      config.clusters[0],
      config.contexts[0],
      config.users[0],
    ];
    const { args, env } = user.exec;
    const read = [
      config["current-context"],
      name,
      context.cluster,
      context.user,
      args[2],
      env[0].value,
    ];
    assert.deepEqual(read, Array(6).fill(id));
    const old = folder.write(
      "old",
      webhookKubeconfig({ server: "https://old.example.com", token: id }),
    );
    const from = await exits(
      cli(["kubeconfig", "webhook", "--from", old, "--endpoint", "https://new.example.com"]),
      0,
    );
    assert.equal((await readKubeconfig(from.out)).users[0].user.token, id);
  });
}

test("kubectl reads namespaces and usernames as text, also in the YAML inside a manifest", async () => {
  const names = (option: string) => LABELS.flatMap((name) => [option, name]);
  const bindings = await readObjects((await exits(cli(["rbac", ...names("--namespace")]), 0)).out);
  assert.deepEqual(
    [...new Set(bindings.flatMap(({ metadata }) => metadata.namespace ?? []))],
    LABELS,
  );
  const policies = await readObjects(
    (await exits(cli(["irsa", "policy", ...names("--except-namespace")]), 0)).out,
  );
  const selectors = policies.flatMap(({ spec }) => spec.matchConstraints?.namespaceSelector ?? []);
  assert.deepEqual(selectors[0].matchExpressions[0].values, LABELS);
  for (const [index, username] of [...BOOLEANS, ...NUMBERS].entries()) {
    const arn = `arn:aws:iam::111122223333:user/u${index}`;
    cluster.put(`user/111122223333/u${index}`, { arn, username, groups: [username] });
  }
  const exported = await exits(cluster.mappings("export --format aws-auth"), 0);
  const [map] = await readObjects(exported.out);
  const head = "apiVersion: v1\nkind: Users\nmetadata: {name: a}\n";
  const [{ users }] = await readObjects(`${head}users:\n${map.data.mapUsers}`);
  const read = users.map(({ username, groups }: Record<string, unknown>) => [username, groups]);
  assert.deepEqual(
    read.toSorted(),
    [...BOOLEANS, ...NUMBERS].map((name) => [name, [name]]).toSorted(),
  );
});
