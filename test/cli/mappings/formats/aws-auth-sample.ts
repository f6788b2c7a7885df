// A sample aws-auth ConfigMap that has grown over years: nodes, permission sets, teams, pipelines, users, leftovers.

import { stringify } from "yaml";

const ACCOUNTS = ["111122223333", "444455556666", "012345678901"];

/** Returns `size` entries, always the same. */
export function realWorldAwsAuth(size: number): string {
  const account = (i: number) => ACCOUNTS[i % ACCOUNTS.length] ?? "";
  const suffix = (i: number) => (0x1234_5678_9abc + i * 7_919).toString(16).padStart(16, "0");
  const nodes = range(5).map((i) => ({
    rolearn: `arn:aws:iam::${account(0)}:role/prod-node-group-${i}`,
    username: "system:node:{{EC2PrivateDNSName}}",
    groups: ["system:bootstrappers", "system:nodes"],
  }));
  const sets = range(10).map((i) => ({
    rolearn: `arn:aws:iam::${account(i)}:role/AWSReservedSSO_${i === 0 ? "Admin" : `Team_${i}`}_${suffix(i)}`,
    username: i === 0 ? "admin:{{SessionName}}" : "{{SessionNameRaw}}",
    groups: i === 0 ? ["system:masters"] : [`team-${i}`],
  }));
  const people = range(60).map((i) => ({
    userarn: `arn:aws:iam::${account(0)}:user/${i % 4 === 0 ? "contractors/" : ""}First.Last+${i}@example.com`,
    username: `first.last${i}`,
    ...(i % 3 !== 0 && { groups: ["developers", ...(i % 10 === 1 ? ["on-call"] : [])] }),
  }));
  const teams = range(size - nodes.length - sets.length - people.length - 2).map((i) => ({
    rolearn: `arn:aws:iam::${account(i % 2 === 1 ? 0 : i)}:role/${i % 9 === 2 ? "ci/pipelines/" : ""}team-${i}-deploy`,
    username: `team-${i}:{{SessionName}}`,
    groups: [`team-${i % 12}`, "deployers"],
  }));
  // The same role twice in different case: the second applies.
  const again = {
    rolearn: `arn:aws:iam::${account(0)}:role/TEAM-7-Deploy`,
    username: "team-7:{{SessionName}}",
    groups: ["team-7"],
  };
  return stringify(
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "aws-auth", namespace: "kube-system", resourceVersion: "4711" },
      data: {
        mapRoles: stringify([...nodes, ...sets, ...teams, again]),
        mapUsers: stringify(people),
        mapAccounts: stringify([account(2)]),
      },
    },
    { lineWidth: 0 },
  );
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
