// Generates clusters with few names, so that mappings and denials often overlap.

import fc from "fast-check";
import { evaluationContext } from "../../../cli/function-settings.ts";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";

export const A: string = "111122223333";
export const B: string = "444455556666";
const settings = readSettings({ CLUSTER_ID: "prod", CALLER_AUTH: "none", AWS_REGION: "us-east-1" });
export const context = evaluationContext(settings, Date.now());
export type StoredParameters = Map<string, StoredParameter>;

const RESOURCES = [
  ...["*", "role/*", "user/*", "user/ops/*", "role/Admin", "role/Admin*", "role/Admin-*", "role/ci-*", "role/A*"],
  ...["", "01", "fedcba987654321?"].map((start) => `role/AWSReservedSSO_ClusterAdmin_${start}*`),
];

const body = fc.constantFrom<object>(
  { username: "admin", groups: ["system:masters"] },
  { username: "viewer" },
  { deny: true },
  { username: "admin", groups: ["system:masters"], notAfter: "2020-01-01T00:00:00Z" },
  { username: "{SessionName}", groups: ["system:masters"] },
  { username: 1 },
);
export const arn = (resource: string, account = A) => `arn:aws:iam::${account}:${resource}`;
const withArn = (resource: string, account = A) => body.map((value) => ({ arn: arn(resource, account), ...value }));
/** Only mappings of single principals have `deny`, as in `set` and files. */
const grant = body.filter((value) => !("deny" in value));
const denials = (account: string) =>
  fc.array(
    fc
      .tuple(
        fc.constantFrom(...RESOURCES, "assumed-role/AWSReservedSSO_ClusterAdmin_01*/*", "assumed-role/Admin/jane"),
        fc.constantFrom<object>({}, {}, { notAfter: "2020-01-01T00:00:00Z" }),
      )
      .map(([resource, value]) => ({
        arnLike: resource.startsWith("assumed-role") ? `arn:aws:sts::${account}:${resource}` : arn(resource, account),
        ...value,
      })),
    { minLength: 1, maxLength: 2 },
  );
const patterns = (account: string) =>
  fc.array(
    fc
      .tuple(fc.constantFrom(...RESOURCES), grant)
      .map(([resource, value]) => ({ arnLike: arn(resource, account), ...value })),
    { minLength: 1, maxLength: 3 },
  );

export const clusters = fc
  .record(
    {
      [`role/${A}/admin`]: withArn("role/Admin"),
      [`role/${A}/ci-1`]: withArn("role/ci-1"),
      [`role/${A}/awsreservedsso_clusteradmin_0123456789abcdef`]: withArn(
        "role/AWSReservedSSO_ClusterAdmin_0123456789abcdef",
      ),
      [`role/${B}/admin`]: withArn("role/Admin", B),
      [`user/${A}/alice`]: withArn("user/alice"),
      [`sso/${A}/clusteradmin`]: grant,
      [`pattern/${A}`]: patterns(A),
      "pattern/any": patterns("*"),
      [`account/${A}`]: grant,
      [`account/${B}`]: grant,
      [`deny/${A}`]: denials(A),
      "deny/any": denials("*"),
    },
    { requiredKeys: [] },
  )
  .map(
    (values): StoredParameters =>
      new Map(
        Object.entries(values).map(([name, value]) => [
          `${context.prefix}/${name}`,
          { value: JSON.stringify(value), secure: false },
        ]),
      ),
  );
