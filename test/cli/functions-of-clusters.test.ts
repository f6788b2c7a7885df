// Several functions in one command: each cluster is judged with the settings of its own function.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ADMIN, exits } from "./commands/mappings/cluster.ts";
import { useTwoClusters } from "./commands/mappings/several.ts";

const [A, B] = ["111122223333", "444455556666"];
const ROLE = `arn:aws:iam::${A}:role/Developers`;
const ofBoth = { ...ADMIN, [`role/${A}/developers`]: { arn: ROLE, username: "x", groups: ["g", "corp:x"] } };
const clusters = useTwoClusters(ofBoth, ofBoth);

test("two clusters with contrary settings in one command: each is judged with its own", async () => {
  clusters.deploy("prod", { ACCOUNTS: B });
  clusters.deploy("staging", { ACCOUNTS: A });
  const lint = await clusters.run("mappings lint -c prod -c staging --fail error");
  assert.match(lint.out, /^prod +warning +foreign-account /m);
  assert.doesNotMatch(lint.out, /^staging +warning +foreign-account /m);
  const set = await exits(clusters.run(`mappings set ${ROLE} --username y -c prod -c staging --yes --rate 1000`), 0);
  const [ofProd = "", ofStaging = ""] = set.out.split(/^(?=Plan for .*cluster staging)/m);
  assert.match(ofProd, /\n {4}warning: the function accepts no login of account 111122223333\./);
  assert.doesNotMatch(ofStaging, /warning/);
});
