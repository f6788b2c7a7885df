// The template of each endpoint and of the issuer, without hashes, so that every change shows in a review.
// Update: `npx node --test --test-update-snapshots test/infra/snapshot.test.ts`.

import { join } from "node:path";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { issuerStack } from "../../infra/issuer/issuer-stack.ts";
import { ACCOUNT, KINDS, REGION, stackOf, templateOf, vpcOf } from "./stacks.ts";
import { flat } from "./template.ts";

const folder = join(import.meta.dirname, "snapshots");
const serializers = [(value: unknown) => `${JSON.stringify(value, null, 2)}\n`];

for (const kind of KINDS) {
  test(kind, (t) =>
    t.assert.fileSnapshot(flat(templateOf(kind).toJSON()), join(folder, `${kind}.snapshot`), { serializers }),
  );
}

test("in a VPC, with mappings and callers", (t) => {
  const { authenticator, template } = stackOf("http", (scope) => ({ vpc: vpcOf(scope, "Vpc") }));
  authenticator.addAccountMapping("444455556666", { username: "account:{AccountID}", groups: ["viewers"] });
  authenticator.addCaller({ name: "control-plane", sha256: "0".repeat(64) });
  t.assert.fileSnapshot(flat(template().toJSON()), join(folder, "vpc.snapshot"), { serializers });
});

test("issuer", (t) => {
  const stack = issuerStack(new App(), { clusterId: "prod", account: ACCOUNT, region: REGION });
  t.assert.fileSnapshot(flat(Template.fromStack(stack).toJSON()), join(folder, "issuer.snapshot"), { serializers });
});
