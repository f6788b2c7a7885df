// examples/terraform/modules/issuer equals the release's issuer template, and modules/zip downloads
// what its hash states. Evaluated with OpenTofu, without AWS's provider.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { startHttpServer } from "../../local/aws/http-server.ts";
import { useFolder } from "../cli/fixtures.ts";
import {
  assertRejected,
  type Body,
  evaluateModule,
  parseModule,
  tofu,
  tofuAsync,
} from "./terraform/evaluate.ts";
import { equalResources, expectedResources, releaseTemplate } from "./terraform/expected.ts";

const MODULES = join(import.meta.dirname, "..", "..", "examples", "terraform", "modules");
const ISSUER = join(MODULES, "issuer");
const ACCOUNT = "111122223333";

const values = { cluster_id: "prod.example", zip_file: useFolder().write("issuer.zip", "zip") };
const template = releaseTemplate("issuer");

const SETTINGS: Readonly<Record<string, Body>> = {
  "by default": {},
  "with every setting": {
    memory_size: 1024,
    architecture: "x86_64",
    throttle_rate: 7,
    throttle_burst: 8,
    log_level: "debug",
    log_retention_days: 30,
    alarm_topic_arn: `arn:aws:sns:eu-west-1:${ACCOUNT}:alarms`,
  },
};
for (const [name, variables] of Object.entries(SETTINGS)) {
  test(`each resource equals that of the CloudFormation template, ${name}`, () => {
    const resources = evaluateModule(ISSUER, { ...values, ...variables });
    const expected = expectedResources(template, { cluster_id: "prod.example", ...variables });
    equalResources(
      resources,
      JSON.parse(JSON.stringify(expected).replaceAll(".authenticator", ".issuer")),
    );
  });
}

test("the parameter prefix, audiences and tags are passed on", () => {
  const tags = { team: "platform" };
  const variables = {
    mapping_prefix: "/auth/prod",
    audiences: ["sts.amazonaws.com", "vault"],
    tags,
  };
  const resources = evaluateModule(ISSUER, { ...values, ...variables });
  const text = JSON.stringify([...resources]);
  assert.match(text, /parameter\/auth\/prod\/issuer/);
  assert.match(text, /"MAPPING_PREFIX":"\/auth\/prod"/);
  const { client_id_list, tags: tagged } =
    resources.get("aws_iam_openid_connect_provider.issuer") ?? assert.fail();
  assert.deepEqual([client_id_list, tagged], [variables.audiences, tags]);
});

for (const [name, wrong, message] of [
  ["a cluster id with a slash", { cluster_id: "a/b" }, /cluster_id must be up to 100 letters/],
  [
    "a zip by path and by URL",
    { zip_url: "https://example.com/a.zip", zip_sha256: "0".repeat(64) },
    /Give either the zip's file/,
  ],
  [
    "a URL without a hash",
    { zip_file: null, zip_url: "https://example.com/a.zip" },
    /Give either the zip's file/,
  ],
  ["a short hash", { zip_sha256: "abc" }, /must be 64 lower-case hex digits/],
] as const) {
  test(`${name} is rejected`, () => {
    assertRejected(() => evaluateModule(ISSUER, { ...values, ...wrong }), message);
  });
}

test("the README lists every variable and output", () => {
  const text = readFileSync(join(ISSUER, "README.md"), "utf8");
  const files = parseModule(ISSUER) as Readonly<Record<"variable" | "output", object>>[];
  const names = files.flatMap(({ variable = {}, output = {} }) => [
    ...Object.keys(variable),
    ...Object.keys(output),
  ]);
  const listed = [...text.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(listed.sort(), names.sort());
});

test("a zip by URL is downloaded, and rejected if its hash differs", async (t) => {
  const zip = Buffer.from("PK\u0003\u0004 a zip");
  const server = await startHttpServer(() => ({ status: 200, body: zip }));
  t.after(() => server.close());
  const { path, write } = useFolder();
  write(
    "main.tf",
    `variable "sha256" {}
module "zip" {
  source = "${relative(path, join(MODULES, "zip"))}"
  url    = "${server.url}/issuer.zip"
  sha256 = var.sha256
}
output "zip" { value = [module.zip.file, module.zip.source_code_hash] }
`,
  );
  tofu(path, ["init", "-no-color"]);
  const apply = (sha256: string) =>
    tofuAsync(path, ["apply", "-auto-approve", "-no-color", "-var", `sha256=${sha256}`]);
  await assert.rejects(apply("0".repeat(64)), /did NOT match/);
  const digest = createHash("sha256").update(zip);
  await apply(digest.copy().digest("hex"));
  const [file, hash] = JSON.parse(tofu(path, ["output", "-json", "zip"]));
  assert.equal(hash, digest.digest("base64"));
  assert.ok(existsSync(join(path, file)));
  assert.deepEqual(readFileSync(join(path, file)), zip);
});
