// The message for an ARN that names no principal.

import { test } from "node:test";
import { cli } from "../cli.ts";
import { exits, useCluster } from "./cluster.ts";

const cluster = useCluster({}, "all");
const EXAMPLE = "as in arn:aws:iam::111122223333:role/Developers";

for (const [arn, fault] of [
  ["arn:aws:iam::11112222333:role/Dev", "its account has 11 digits, not 12"],
  ["arn:aws:iam:111122223333:role/Dev", `it has 5 parts between colons, not 6, ${EXAMPLE}`],
  ["arn:aws:iam:eu-west-1:111122223333:role/Dev", `its region must be empty, ${EXAMPLE}`],
  ["arn:aws:s3::111122223333:role/Dev", "its service must be iam, not s3"],
  ["arn:aws:iam::1111-2222-3333:role/Dev", "its account must be 12 digits, not 1111-2222-3333"],
  ["arn:aws:iam::111122223333:Dev", "after the account, it must have role/, user/ or root, not Dev"],
  ["arn:aws:iam::111122223333:instance-profile/x", "name the role of the instance profile"],
  ["arn:aws:iam::111122223333:role/", "its name is missing, or has a character that IAM does not allow"],
] as const) {
  test(`the message for ${arn} names the wrong part`, async () => {
    const sentence = `arn must be the ARN of a role, user, root or federated user: ${fault}.\n`;
    await exits(cluster.mappings(["get", arn]), 2, `${arn}: ${sentence}`);
  });
}

test("the message for an ARN with spaces around it names them", async () => {
  await exits(
    cli(["explain", "-c", "prod", " arn:aws:iam::111122223333:role/Dev"]),
    2,
    / is not the ARN of a role, an assumed role, a user, a federated user or root: it has spaces around it\.\n$/,
  );
});
