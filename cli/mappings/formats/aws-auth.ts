// Converts mappings to an aws-auth ConfigMap, and lists those that it cannot express.

import { isExpired } from "../../../functions/lib/not-after.ts";
import { withoutRolePath } from "../../access/arn-overlap.ts";
import { stringifyYaml } from "../../terminal/yaml.ts";
import { type Entry, nameOfEntry } from "../file/entry.ts";
import { readParameter } from "../file/read-parameter.ts";
import { carryOut, type ExportInput } from "./carry-out.ts";
import { translateOut } from "./record.ts";

interface Exported {
  readonly configMap: string;
  /** The number of mappings in it. */
  readonly exported: number;
  /** A line for each skipped mapping or denial. */
  readonly problems: readonly string[];
}

export function exportAwsAuth(input: ExportInput): Exported {
  const { prefix, partition, now } = input.context;
  const readings = new Map(
    [...input.parameters].map(([name, stored]) => [name, readParameter(prefix, name, stored, partition)]),
  );
  const placed = [...readings].flatMap(([name, { entries }]) => entries.map((entry) => ({ name, entry })));
  const denials = [...readings.values()].flatMap((reading) => reading.denials.map(({ entry }) => entry));
  const denied = [
    ...denials.filter(({ notAfter }) => !isExpired(notAfter, now)).map(({ arnLike }) => arnLike),
    ...placed.flatMap(({ entry: { mapping } }) => (mapping.deny && mapping.arn !== undefined ? [mapping.arn] : [])),
  ];
  const store = { ...input, readings, denied };
  const carried = placed.map(({ name, entry }) => ({ entry, ...carryOut(entry, name, store) }));
  const kept = carried.flatMap((one) => ("items" in one ? [one.items] : []));
  return {
    configMap: configMapOf(kept.flat()),
    exported: kept.length,
    problems: [
      ...carried.flatMap((one) => ("problem" in one ? `${nameOfEntry(one.entry)}: ${one.problem}` : [])),
      ...denials.map(({ arnLike }) => `${arnLike}: aws-auth has no denials`),
    ],
  };
}

function configMapOf(kept: readonly Entry[]): string {
  const roles = kept.filter(({ kind }) => kind === "role").map((entry) => item(entry, "rolearn"));
  const accounts = kept.filter(({ kind }) => kind === "account").map(({ account }) => account);
  const users = kept.filter(({ kind }) => kind !== "role" && kind !== "account").map((entry) => item(entry, "userarn"));
  const data = {
    ...(roles.length > 0 && { mapRoles: stringifyYaml(roles) }),
    ...(users.length > 0 && { mapUsers: stringifyYaml(users) }),
    ...(accounts.length > 0 && { mapAccounts: stringifyYaml(accounts) }),
  };
  const metadata = { name: "aws-auth", namespace: "kube-system" };
  return stringifyYaml({ apiVersion: "v1", kind: "ConfigMap", metadata, data }, { blocks: true });
}

function item({ kind, mapping }: Entry, arnKey: "rolearn" | "userarn"): Record<string, unknown> {
  const { arn = "", username = "", groups = [] } = mapping;
  return {
    // aws-iam-authenticator does not see a role's path, and never matches an ARN with one.
    [arnKey]: kind === "role" ? withoutRolePath(arn) : arn,
    username: translateOut(username),
    ...(groups.length > 0 && { groups: groups.map(translateOut) }),
  };
}
