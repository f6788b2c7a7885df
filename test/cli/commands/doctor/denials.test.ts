// `doctor` warns of deny lists that are nearly full, and of names beside AWS-signed tokens, as
// `mappings lint` does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kubeconfigOf } from "../../../../cli/kube/kubeconfig.ts";
import { failing } from "../../../local/aws/service-faults.ts";
import { prepare, useFolder, useServer } from "../../fixtures.ts";
import { accessDenied } from "../mappings/forbidden.ts";
import { startEndpoint } from "./endpoint.ts";

const A = "111122223333";
const folder = useFolder();
const endpoint = useServer(startEndpoint);
const gateway = useServer(() => endpoint.gateway({ CALLER_AUTH: "none" }));
let kubeconfig: string;
prepare(() => {
  const text = kubeconfigOf(`${gateway.url}/authenticate`, undefined, { token: "t" });
  kubeconfig = folder.write("webhook.kubeconfig", text);
});
const doctor = async () => {
  const { code, said, states } = await endpoint.doctor("bob", ["--kubeconfig", kubeconfig]);
  assert.equal(code, 0, "a warning is no failure");
  return {
    denials: said("denials"),
    count: states.filter((state) => state.startsWith("denials ")).length,
  };
};
const lintRows = async () => (await endpoint.cluster.mappings("lint")).out;
/** A list with this many bytes. */
const sized = (bytes: number) => {
  const denial = { arnLike: `arn:aws:iam::${A}:user/eve`, description: "" };
  return [{ ...denial, description: "x".repeat(bytes - JSON.stringify([denial]).length) }];
};

test("a deny list of 3,072 bytes or more is a warning with its size, in doctor and in lint", async () => {
  endpoint.cluster.put(`deny/${A}`, sized(3_071));
  assert.match((await doctor()).denials, /^ok: 1 list has room$/);
  assert.doesNotMatch(await lintRows(), /deny-list-full/);
  endpoint.cluster.put("deny/any", sized(3_072));
  const { denials, count } = await doctor();
  assert.match(
    denials,
    /^warning: deny\/any: the list has 3072 of 4096 bytes: .* -> .*mappings lint -c prod/,
  );
  assert.equal(count, 1);
  assert.match(await lintRows(), /deny-list-full +deny\/any +the list has 3072 of 4096 bytes/);
});

test("a name is a warning where the function accepts AWS-signed tokens, in doctor and in lint", async () => {
  endpoint.cluster.put("deny/any", [
    { name: "jane@example.com" },
    { name: "joe", notAfter: "2020-01-01T00:00:00Z" },
  ]);
  endpoint.cluster.put(`deny/${A}`, []);
  endpoint.cluster.deploy({});
  assert.match((await doctor()).denials, /^ok: 2 lists have room$/);
  assert.doesNotMatch(await lintRows(), /no-signed-token/);
  endpoint.cluster.deploy({ JWT_ISSUERS: `${A}=https://x.tokens.sts.global.api.aws` });
  const { denials, count } = await doctor();
  const text =
    "deny/any: the denial of jane@example.com denies all AWS-signed tokens of every role, which contain no session";
  assert.ok(denials.startsWith(`warning: ${text} -> `), denials);
  assert.equal(count, 1);
  assert.match(
    await lintRows(),
    /no-signed-token +deny\/any +the denial of jane@example\.com denies/,
  );
});

test("without permission for the deny lists, they are not checked", async () => {
  endpoint.cluster.store.fail(
    failing("GetParametersByPath", accessDenied("ssm:GetParametersByPath", "x"), "/deny"),
  );
  const { denials } = await doctor();
  endpoint.cluster.store.fail(undefined);
  assert.match(
    denials,
    /^warning: not checked: No permission: .* -> allow ssm:GetParametersByPath here, or run /,
  );
});
