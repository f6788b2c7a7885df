// Dangerous beliefs: what a command writes or reports must be what its user typed and meant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "./cli.ts";
import { ADMIN, exits, prints, useCluster } from "./mappings/cluster.ts";

const A = "111122223333";
const ROLE = `arn:aws:iam::${A}:role/Developers`;
const ALICE = `arn:aws:iam::${A}:user/alice`;
const BOTH = `${ROLE},${ALICE}`;
const SECOND = /a second ARN, "arn:aws:iam::111122223333:user\/alice", follows the first: give each ARN separately/;

const cluster = useCluster({
  ...ADMIN,
  [`role/${A}/developers`]: { arn: ROLE, username: "dev:{SessionName}", groups: ["developers"] },
  [`user/${A}/alice`]: { arn: ALICE, username: "alice" },
});
const run = (words: string, input = "") => cli(`${words} -c prod`, { input });
const put = () => cluster.store.requests.filter(({ headers }) => headers["x-amz-target"] === "AmazonSSM.PutParameter");

test("each command rejects two ARNs in one argument, and lint reports a stored or written one", async () => {
  for (const separator of [",", ";", ", ", " "]) {
    const both = BOTH.replace(",", separator);
    for (const words of ["deny", "set --username x", "remove", "get"]) {
      const [command = "", ...more] = words.split(" ");
      await exits(cluster.mappings([command, both, ...more]), 2, SECOND);
    }
    await exits(cli(["explain", both, "-c", "prod"]), 2, SECOND);
  }
  const pattern = BOTH.replace("Developers", "dev-*");
  for (const entry of [`mappings: [{arn: "${BOTH}", username: x}]`, `deny: [{arnLike: "${BOTH}"}]`]) {
    await exits(run("mappings apply -f - -y", entry), 2, SECOND);
    await exits(cli("mappings lint -f -", { input: entry }), 1, undefined, SECOND);
  }
  await exits(run("mappings apply -f - -y", `mappings: [{arnLike: "${pattern}", username: x}]`), 2, SECOND);
  assert.deepEqual(put(), []);
  cluster.put(`deny/${A}`, [{ arnLike: BOTH }]);
  await exits(run("mappings lint --fail error"), 1, undefined, /^error +several-arns +deny\/111122223333/m);
  // The function reads it as before: rejecting the entry would deny every identity of the list.
  assert.equal(await cluster.verdict(ROLE), "granted");
  await prints(cluster.mappings(["allow", BOTH, "-y", "--allow-weakening"]), /^ {4}- /m);
});
