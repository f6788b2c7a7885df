// `doctor` compares the stored settings with those of the function behind the alias, and with the
// standby's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kubeconfigOf } from "../../../../cli/kube/kubeconfig.ts";
import { failing } from "../../../local/aws/service-faults.ts";
import { settingsValue } from "../../../stored-settings.ts";
import { prepare, useFolder, useServer } from "../../fixtures.ts";
import { startStacks } from "../../stacks.ts";
import { accessDenied } from "../mappings/forbidden.ts";
import { startEndpoint } from "./endpoint.ts";

const A = "111122223333";
const NAME = "/iam-authenticator/prod/settings/prod";
const folder = useFolder();
const endpoint = useServer(startEndpoint);
const gateway = useServer(() => endpoint.gateway({ CALLER_AUTH: "none" }));
const stacks = useServer(() =>
  startStacks({ "IamAuthenticator-prod": { FunctionName: "authenticator" } }),
);
let kubeconfig: string;
prepare(() => {
  kubeconfig = folder.write(
    "webhook.kubeconfig",
    kubeconfigOf(`${gateway.url}/authenticate`, undefined, { token: "t" }),
  );
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = stacks.url;
});

const doctor = async (deployed?: Readonly<Record<string, string>>) => {
  const environment = { HOME: folder.path, AWS_ENDPOINT_URL_STS: endpoint.stsUrl };
  return endpoint.doctor("bob", ["-c", "one", "--kubeconfig", kubeconfig], {
    environment,
    ...(deployed && { deployed }),
  });
};
const configure = (contexts: Readonly<Record<string, object>>) =>
  folder.configure({
    contexts: Object.fromEntries(
      Object.entries(contexts).map(([name, more]) => [name, { cluster: "prod", ...more }]),
    ),
  });

test("settings that the function's own parser reads alike are equal", async () => {
  configure({ one: {} });
  endpoint.cluster.deploy({ ACCOUNTS: A });
  const { code, said } = await doctor({
    ACCOUNTS: ` ${A}`,
    TOKENS: "any",
    CLUSTER_ID: "prod",
    CALLER_AUTH: "bearer",
  });
  assert.match(said("settings"), /^ok: stored by version \S+, and equal to the function's$/);
  assert.equal(code, 0);
});

test("an alias that was moved by hand to a version with other settings fails", async () => {
  const { code, said } = await doctor({ RESERVED_PREFIXES: "corp:" });
  const seen =
    "failed: version 7 of the function has other accounts, reservedPrefixes -> if the alias was moved by hand, move it back";
  assert.ok(said("settings").startsWith(seen), said("settings"));
  assert.equal(code, 1);
});

test("without permission for Lambda it is a warning; an invalid value fails", async () => {
  assert.match(
    (await doctor()).said("settings"),
    /^warning: not checked: No permission: .* -> allow lambda:GetFunctionConfiguration /,
  );
  endpoint.cluster.store.fail(
    failing("GetParameters", accessDenied("ssm:GetParameters", NAME), NAME),
  );
  const unread = await doctor({});
  endpoint.cluster.store.fail(undefined);
  assert.match(
    unread.said("settings"),
    /^warning: No permission to read the function's settings: ssm:GetParameters on \S+\. Assumed: /,
  );
  endpoint.cluster.store.put(NAME, "{");
  const invalid = await doctor({});
  assert.match(
    invalid.said("settings"),
    /^failed: The function's settings in Parameter Store \(\S+\) are invalid: /,
  );
  assert.equal(invalid.code, 1);
  endpoint.cluster.store.remove(NAME);
  const absent = await doctor({});
  assert.match(
    absent.said("settings"),
    /^warning: The function's settings are not in Parameter Store /,
  );
  assert.equal(absent.code, 0);
});

test("settings that differ from the standby's fail, and those that follow from the Region do not", async () => {
  configure({ one: {}, other: { prefix: "/standby" } });
  const standby = (variables: Readonly<Record<string, string>>) =>
    endpoint.cluster.store.put("/standby/settings/prod", settingsValue(variables));
  endpoint.cluster.deploy({ ACCOUNTS: A });
  endpoint.cluster.store.put(
    "/standby/role/111122223333/developers",
    JSON.stringify(await endpoint.cluster.value(`role/${A}/developers`)),
  );
  standby({ ACCOUNTS: A, NODE_REGION: "us-east-1" });
  assert.equal((await doctor()).said("stores"), "ok: equal to other");
  standby({ RESERVED_PREFIXES: "corp:" });
  assert.match(
    (await doctor()).said("stores"),
    /^failed: different in other: accounts, reservedPrefixes -> /,
  );
});
