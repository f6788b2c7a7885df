// `contexts`: the contexts of the configuration file in each format.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { cli } from "./cli.ts";
import { exits } from "./mappings/cluster.ts";

const home = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
after(() => rmSync(home, { recursive: true }));

function configure(config: object | string): void {
  const folder = join(home, ".config", "iam-authenticator");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.yaml"), typeof config === "string" ? config : JSON.stringify(config));
}

async function contexts(...words: string[]) {
  return cli(["contexts", ...words], { environment: { HOME: home } });
}

test("without a configuration file, it prints where to write one, and exits with 0", async () => {
  const { out } = await exits(
    contexts("-o", "json"),
    0,
    /^There are no contexts\. To define some, write \S+\/\.config\/iam-authenticator\/config\.yaml: /,
  );
  assert.equal(out, "[]\n");
  assert.match((await cli(["contexts"], { environment: {} })).err, /set HOME or XDG_CONFIG_HOME/);
});

test("lists each context, and marks the default", async () => {
  configure({
    defaultContext: "live",
    contexts: { live: { cluster: "prod", region: "eu-west-1", profile: "ops" }, staging: { prefix: "/elsewhere" } },
  });
  assert.deepEqual(await contexts(), {
    code: 0,
    out: [
      "   NAME     CLUSTER  REGION     PROFILE  PREFIX",
      "*  live     prod     eu-west-1  ops",
      "   staging  staging                      /elsewhere",
      "",
    ].join("\n"),
    err: "",
  });
  assert.equal((await contexts("-o", "name")).out, "live\nstaging\n");
  assert.equal((await contexts("--no-headers")).out.split("\n")[0], "*  live     prod     eu-west-1  ops");
  assert.deepEqual(JSON.parse((await contexts("-o", "json")).out)[1], {
    name: "staging",
    isDefault: false,
    cluster: "staging",
    prefix: "/elsewhere",
  });
});

test("an invalid file fails with its line", async () => {
  configure("contexts:\n  a: {cluster: 'x y'}\n");
  await exits(contexts(), 2, /config\.yaml, line 2: cluster must be/);
});
