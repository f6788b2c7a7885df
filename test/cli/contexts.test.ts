// `contexts`: the contexts of the configuration file in each format.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "./cli.ts";
import { useFolder } from "./folder.ts";
import { exits } from "./mappings/cluster.ts";

const home = useFolder();

const contexts = (...words: string[]) => cli(["contexts", ...words], { environment: { HOME: home.path } });

test("without a configuration file, it prints where to write one, and exits with 0", async () => {
  const { out } = await exits(contexts("-o", "json"), 0, /^There are no contexts\. To define some, write \S+config\./);
  assert.equal(out, "[]\n");
  assert.match((await cli(["contexts"], { environment: {} })).err, /set HOME or XDG_CONFIG_HOME/);
});

test("lists each context, and marks the default", async () => {
  const live = { cluster: "prod", region: "eu-west-1", profile: "ops" };
  home.configure({ defaultContext: "live", contexts: { live, staging: { prefix: "/elsewhere" } } });
  const { out } = await exits(contexts(), 0, "");
  assert.deepEqual(out.split("\n"), [
    "   NAME     CLUSTER  REGION     PROFILE  PREFIX",
    "*  live     prod     eu-west-1  ops",
    "   staging  staging                      /elsewhere",
    "",
  ]);
  assert.equal((await contexts("-o", "name")).out, "live\nstaging\n");
  assert.equal((await contexts("--no-headers")).out.split("\n")[0], "*  live     prod     eu-west-1  ops");
  assert.deepEqual(JSON.parse((await contexts("-o", "json")).out), [
    { name: "live", isDefault: true, ...live },
    { name: "staging", isDefault: false, cluster: "staging", prefix: "/elsewhere" },
  ]);
});

test("an invalid file fails with its line", async () => {
  home.configure("contexts:\n  a: {cluster: 'x y'}\n");
  await exits(contexts(), 2, /config\.yaml, line 2: cluster must be/);
});
