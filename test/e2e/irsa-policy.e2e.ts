// `irsa policy` at a real kube-apiserver changes each Pod of the table as amazon-eks-pod-identity-webhook does.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "./control-plane/eventually.ts";
import { type Kubernetes, type KubernetesObject, startKubernetes } from "./irsa/api.ts";
import { installPolicies } from "./irsa/install-policies.ts";
import { type Container, type Expected, OPTION_CASES, PLAIN_CASES, type PodCase, REGION, ROLE } from "./irsa/pods.ts";
import { SERVERS } from "./irsa/servers.ts";

const EVERY_OPTION = {
  audience: "sts.example.com",
  tokenExpiration: 1800,
  stsRegionalEndpoints: true,
  region: REGION,
  roleSessionName: true,
  ec2MetadataDisabled: true,
  exceptNamespaces: ["kube-system", "left-alone"],
};

const CANARY: PodCase = { name: "canary", expected: { volumes: [], containers: {} } };
const BROKEN: PodCase = { ...CANARY, serviceAccount: { "role-arn": "broken" } };

for (const { name, mutatingApi, flags } of SERVERS) {
  for (const [what, options, cases] of [
    ["without options", {}, PLAIN_CASES],
    ["with every option", EVERY_OPTION, OPTION_CASES],
  ] as const) {
    describe(`${name}, the policy ${what}`, () => {
      let kubernetes: Kubernetes;
      before(async () => {
        kubernetes = await startKubernetes({ flags });
        for (const namespace of ["app", "left-alone"]) {
          await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
        }
        await installPolicies(kubernetes, { ...options, mutatingApi });
        for (const [index, podCase] of [...cases, CANARY, BROKEN].entries()) {
          await kubernetes.create(serviceAccount(podCase, index));
        }
        // Waits until the last objects are known and both policies apply.
        await eventually("the mutations", 30_000, async () => {
          const { spec } = (await kubernetes.create(pod(CANARY, cases.length), "?dryRun=All")) as MadePod;
          return seen(spec).volumes.length > 0 || undefined;
        });
        await eventually("the validations", 30_000, () =>
          kubernetes.create(pod(BROKEN, cases.length + 1), "?dryRun=All").then(
            () => undefined,
            () => true,
          ),
        );
      });
      after(() => kubernetes.stop());

      for (const [index, podCase] of cases.entries()) {
        test(podCase.name, async () => {
          const made = kubernetes.create(pod(podCase, index), "?dryRun=All");
          if ("refused" in podCase.expected) {
            const { refused } = podCase.expected;
            await assert.rejects(made, ({ message }: Error) => message.includes(refused) || assert.fail(message));
          } else {
            assert.deepEqual(seen(((await made) as MadePod).spec), podCase.expected);
          }
        });
      }
    });
  }
}

test("the table has at least 30 Pods", () => assert.ok(PLAIN_CASES.length + OPTION_CASES.length >= 30));

function serviceAccount({ namespace = "app", account, serviceAccount = {} }: PodCase, index: number): KubernetesObject {
  const annotations = Object.entries({ "role-arn": ROLE, ...serviceAccount })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key.includes("/") ? key : `eks.amazonaws.com/${key}`, value]);
  const metadata = {
    name: account ?? `account-${index}`,
    namespace,
    annotations: Object.fromEntries(annotations),
  };
  return { apiVersion: "v1", kind: "ServiceAccount", metadata };
}

function pod(podCase: PodCase, index: number): KubernetesObject {
  const { namespace = "app", labels = {}, init = [], containers = [{ name: "main" }], volumes = [] } = podCase;
  const { ports, restartPolicyOfInit, ...spec } = podCase.spec ?? {};
  const annotations = Object.entries(podCase.pod ?? {}).map(([key, value]) => [`eks.amazonaws.com/${key}`, value]);
  const mirror = podCase.mirror ? { "kubernetes.io/config.mirror": "checksum" } : {};
  const metadata = {
    name: `pod-${index}`,
    namespace,
    labels,
    annotations: { ...Object.fromEntries(annotations), ...mirror },
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: {
      // https://github.com/kubernetes/kubernetes/blob/v1.37.0/plugin/pkg/admission/serviceaccount/admission.go: none for a mirror Pod
      ...(podCase.mirror ? { nodeName: "node-1" } : { serviceAccountName: podCase.account ?? `account-${index}` }),
      initContainers: init.map((one) => ({ ...container(one), restartPolicy: restartPolicyOfInit })),
      containers: containers.map((one) => ({ ...container(one), ports })),
      ...(volumes.length > 0 && { volumes: volumes.map((name) => ({ name, emptyDir: {} })) }),
      ...spec,
    },
  } as KubernetesObject;
}

function container({ name, env, mounts = [] }: Container): object {
  return {
    name,
    image: "example.com/image",
    ...(env !== undefined && { env: env.map(variable) }),
    volumeMounts: mounts.map((mount) => {
      const [volume, mountPath = `/mnt/${volume}`] = mount.split(":");
      return { name: volume, mountPath };
    }),
  };
}

function variable(text: string): object {
  const [name, value] = text.split("=");
  return value === undefined ? { name, valueFrom: { secretKeyRef: { name: "s", key: "k" } } } : { name, value };
}

interface MadeContainer {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
}
interface MadePod {
  readonly spec: {
    readonly volumes?: readonly {
      readonly name: string;
      readonly projected?: {
        readonly sources: readonly {
          readonly serviceAccountToken?: {
            readonly audience?: string;
            readonly expirationSeconds: number;
            readonly path: string;
          };
        }[];
      };
    }[];
    readonly initContainers?: readonly MadeContainer[];
    readonly containers: readonly MadeContainer[];
  };
}

/** A Pod's spec in the table's format, without kube-apiserver's token. */
function seen({ volumes = [], initContainers = [], containers }: MadePod["spec"]): Expected {
  return {
    volumes: volumes
      .filter(({ name }) => !name.startsWith("kube-api-access-"))
      .map(({ name, projected }) => {
        const [source, ...others] = projected?.sources ?? [];
        const { audience, expirationSeconds, path } = source?.serviceAccountToken ?? {};
        const isToken = name === "aws-iam-token" && path === "token" && others.length === 0;
        return isToken ? `token:${audience}:${expirationSeconds}` : name;
      }),
    containers: Object.fromEntries(
      [...initContainers, ...containers].map(({ name, env = [], volumeMounts = [] }) => [
        name,
        [
          ...env.map((one) => (one.value === undefined ? one.name : `${one.name}=${one.value}`)),
          ...volumeMounts.filter((mount) => mount.name === "aws-iam-token").map(mountMark),
        ],
      ]),
    ),
  };
}

function mountMark({ mountPath, readOnly }: { readonly mountPath: string; readonly readOnly?: boolean }): string {
  return readOnly === true && mountPath === "/var/run/secrets/eks.amazonaws.com/serviceaccount" ? "+" : `+${mountPath}`;
}
