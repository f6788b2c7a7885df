// Validates the kops instructions of docs/migrate.md and examples/kops with kops: the fields are
// valid, and nodeup configures flags and file of kube-apiserver on control-plane and API-server
// machines.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { useFolder } from "../cli/fixtures.ts";
import { findKopsJudge } from "./binaries/judges.ts";
import { exampleFile } from "./instructions.ts";

const NAME = "e2e.example.com";
const ZONES = ["us-test-1a", "us-test-1b", "us-test-1c"];

/** The manifest of a cluster and its instance groups; merges `spec` into the cluster's. */
function kopsCluster(controlPlanes: 1 | 3, spec: object): string {
  const zones = ZONES.slice(0, controlPlanes);
  const etcdMembers = zones.map((zone) => ({ name: zone, instanceGroup: `control-plane-${zone}` }));
  const cluster = {
    apiVersion: "kops.k8s.io/v1alpha2",
    kind: "Cluster",
    metadata: { name: NAME },
    spec: {
      channel: "stable",
      cloudProvider: "aws",
      configBase: `memfs://state/${NAME}`,
      etcdClusters: ["main", "events"].map((name) => ({ name, etcdMembers })),
      kubernetesVersion: "1.36.0",
      networkCIDR: "172.20.0.0/16",
      networking: { cni: {} },
      nonMasqueradeCIDR: "100.64.0.0/10",
      subnets: zones.map((zone, index) => ({
        name: zone,
        zone,
        type: "Public",
        cidr: `172.20.${index * 32}.0/19`,
      })),
      // Prevents kops from looking it up.
      dnsZone: "Z1LOCAL",
      ...spec,
    },
  };
  const groups = [
    ...zones.map((zone) => group(`control-plane-${zone}`, "Master", [zone])),
    group("apiserver", "APIServer", zones),
    group("nodes", "Node", zones),
  ];
  return [cluster, ...groups].map((document) => stringify(document)).join("---\n");
}

function group(name: string, role: string, subnets: readonly string[]): object {
  return {
    apiVersion: "kops.k8s.io/v1alpha2",
    kind: "InstanceGroup",
    metadata: { name, labels: { "kops.k8s.io/cluster": NAME } },
    spec: { image: "ami-12345678", machineType: "m5.large", minSize: 1, maxSize: 1, role, subnets },
  };
}

type RenderedGroup = Readonly<
  Record<"flags" | "certificateNames" | "files", readonly string[]> &
    Record<"mounts" | "fileAssets", Readonly<Record<string, string>>> &
    Record<"role", string>
>;

const OURS: object = parse(exampleFile("kops/webhook.yaml")).spec;
const FILE = "/srv/kubernetes/kube-apiserver/iam-authenticator.kubeconfig";
const FLAG = `--authentication-token-webhook-config-file=${FILE}`;

function kops(controlPlanes: 1 | 3, spec: object) {
  const file = useFolder().write("cluster.yaml", kopsCluster(controlPlanes, spec));
  return spawnSync(findKopsJudge(), [file], { encoding: "utf8" });
}

function render(controlPlanes: 1 | 3, spec: object): RenderedGroup[] {
  const { status, stdout, stderr } = kops(controlPlanes, spec);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

for (const controlPlanes of [1, 3] as const) {
  test(`${controlPlanes} control-plane nodes: only the flag and the file are added`, () => {
    const before = render(controlPlanes, {});
    const after = render(controlPlanes, OURS);
    const roles = after.map(({ role }) => role);
    assert.deepEqual(roles, [...Array(controlPlanes).fill("ControlPlane"), "APIServer"]);
    for (const [index, group] of after.entries()) {
      const old = before[index];
      assert.ok(old !== undefined && !old.flags.includes(FLAG));
      assert.deepEqual([...group.flags].sort(), [...old.flags, FLAG].sort());
      assert.deepEqual(group.mounts, old.mounts);
      assert.equal(
        group.mounts["/srv/kubernetes/kube-apiserver"],
        "/srv/kubernetes/kube-apiserver",
      );
      assert.deepEqual(group.fileAssets, { ...old.fileAssets, [FILE]: "0600" });
      // As in the commands for kops in docs/deploy.md.
      assert.ok(
        group.flags.includes("--secure-port=443") && group.certificateNames.includes("kubernetes"),
      );
    }
    // The undo removes the same fields.
    assert.deepEqual(render(controlPlanes, {}), before);
  });
}

test("spec.authentication.aws overwrites the path", () => {
  const [both] = render(1, { ...OURS, authentication: { aws: {} } });
  assert.ok(
    both?.flags.includes("--authentication-token-webhook-config-file=/etc/kubernetes/authn.config"),
  );
  assert.ok(both?.files.includes("/srv/kubernetes/aws-iam-authenticator/cert.pem"));
  const [ours] = render(1, OURS);
  assert.doesNotMatch(ours?.files.join("\n") ?? assert.fail(), /aws-iam-authenticator/);
});

const [ISSUER, PRESENT] = [
  "https://abc.execute-api.eu-west-1.amazonaws.com",
  "https://api.internal.e2e.example.com",
];
const ISSUERS = parse(
  exampleFile("kops/issuer.yaml")
    .replaceAll("<api>", "abc")
    .replace("https://<the issuer that the cluster has now>", PRESENT),
).spec;
const { additionalServiceAccountIssuers: _, ...only } = ISSUERS.kubeAPIServer;
for (const [what, spec, issuers] of [
  ["an existing cluster: the issuers keep their order", ISSUERS, [ISSUER, PRESENT]],
  ["a new cluster: only the new issuer, without a bucket", { kubeAPIServer: only }, [ISSUER]],
] as const) {
  test(`docs/irsa.md, ${what}, and the JWKS URI is the first issuer's`, () => {
    for (const { role, flags, files } of render(1, spec)) {
      const values = (flag: string) =>
        flags
          .filter((argument) => argument.startsWith(`${flag}=`))
          .map((argument) => argument.slice(flag.length + 1));
      assert.deepEqual(values("--service-account-issuer"), issuers, role);
      assert.deepEqual(values("--service-account-jwks-uri"), [`${ISSUER}/openid/v1/jwks`]);
      // Tokens of the former audience stay valid, and none is for AWS.
      assert.ok(!values("--api-audiences").join().includes("amazonaws.com"));
      assert.doesNotMatch(files.join(), /openid-configuration/);
    }
  });
}

test("kops rejects an unknown field", () => {
  const { status, stderr } = kops(1, {
    kubeAPIServer: { authenticationTokenWebhookVersion: "v1" },
  });
  assert.equal(status, 1);
  assert.match(stderr, /unknown fields:[\s\S]*authenticationTokenWebhookVersion/);
});
