// CEL variables that the policies read from a Pod and its ServiceAccount, and the equivalent Kustomize component.

import { ANNOTATION, TOKEN_FILE, TOKEN_FOLDER, VOLUME, WINDOWS_TOKEN_FILE } from "../names.ts";

/** The webhook's flags: defaults for missing annotations. */
export interface PodDefaults {
  readonly audience: string;
  /** Seconds. */
  readonly tokenExpiration: number;
  readonly stsRegionalEndpoints: boolean;
  /** Becomes AWS_REGION and AWS_DEFAULT_REGION. */
  readonly region?: string;
}

interface CelVariable {
  readonly name: string;
  readonly expression: string;
}

/** Upstream skips values of another form. The validations reject them. */
export const SECONDS = "^[0-9]{1,10}$";
/** The values that Go's ParseBool accepts: https://pkg.go.dev/strconv#ParseBool */
export const BOOLEANS = {
  true: ["1", "t", "T", "TRUE", "true", "True"],
  false: ["0", "f", "F", "FALSE", "false", "False"],
} as const;

export function variables({ audience, tokenExpiration, stsRegionalEndpoints }: PodDefaults): CelVariable[] {
  return list({
    ofServiceAccount: "params.metadata.?annotations.orValue({})",
    ofPod: "object.metadata.?annotations.orValue({})",
    role: annotation("ofServiceAccount", "role-arn", ""),
    audience: annotation("ofServiceAccount", "audience", audience),
    regional: `${annotation("ofServiceAccount", "sts-regional-endpoints", String(stsRegionalEndpoints))} in ${cel(BOOLEANS.true)}`,
    // kubelet's minimum is 600: https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
    seconds:
      `[${annotation("ofPod", "token-expiration", "")}, ${annotation("ofServiceAccount", "token-expiration", "")}, ` +
      `'${tokenExpiration}'].filter(s, s.matches(${cel(SECONDS)})).map(s, int(s) < 600 ? 600 : int(s))[0]`,
    // Upstream reads one line of CSV. Unlike upstream, spaces around a name are ignored.
    skipped:
      `${annotation("ofPod", "skip-containers", "")}.split('\\n')[0].split(',')` +
      '.map(s, s.trim()).map(s, s.matches(\'^"[^"]*"$\') ? s.substring(1, s.size() - 1) : s)',
    windows:
      "['kubernetes.io/os', 'beta.kubernetes.io/os']" +
      ".exists(l, object.spec.?nodeSelector[?l].orValue('') == 'windows')",
    file: `variables.windows ? ${cel(WINDOWS_TOKEN_FILE)} : ${cel(TOKEN_FILE)}`,
  });
}

function annotation(of: string, name: string, otherwise: string): string {
  return `variables.${of}[?${cel(ANNOTATION + name)}].orValue(${cel(otherwise)})`;
}

/** A CEL literal. CEL accepts JSON strings. */
export function cel(literal: string | readonly string[]): string {
  return JSON.stringify(literal);
}

function list(named: Readonly<Record<string, string>>): CelVariable[] {
  return Object.entries(named).map(([name, expression]) => ({ name, expression }));
}

interface HandWritten extends PodDefaults {
  readonly role: string;
  /** Names of the Pod's containers, by which a merge patch finds them. */
  readonly containers: readonly string[];
}

/** Kinds with a Pod template at `spec.template`. */
const KINDS = "Deployment|StatefulSet|DaemonSet|ReplicaSet|Job";

/** https://kubectl.docs.kubernetes.io/guides/config_management/components/ */
export function component(options: HandWritten, stringify: (data: unknown) => string): object {
  const patch = {
    // Kustomize applies the patch by `target`, but requires these fields in it.
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "any" },
    spec: { template: { spec: podSpec(options) } },
  };
  return {
    apiVersion: "kustomize.config.k8s.io/v1alpha1",
    kind: "Component",
    patches: [{ target: { kind: KINDS }, patch: stringify(patch) }],
  };
}

function podSpec(options: HandWritten) {
  const { role, containers, audience, tokenExpiration, stsRegionalEndpoints, region } = options;
  const env = [
    ...(stsRegionalEndpoints ? [{ name: "AWS_STS_REGIONAL_ENDPOINTS", value: "regional" }] : []),
    ...(region === undefined ? [] : ["AWS_DEFAULT_REGION", "AWS_REGION"].map((name) => ({ name, value: region }))),
    { name: "AWS_ROLE_ARN", value: role },
    { name: "AWS_WEB_IDENTITY_TOKEN_FILE", value: TOKEN_FILE },
  ];
  const volumeMounts = [{ name: VOLUME, mountPath: TOKEN_FOLDER, readOnly: true }];
  const serviceAccountToken = { audience, expirationSeconds: tokenExpiration, path: "token" };
  return {
    containers: containers.map((name) => ({ name, env, volumeMounts })),
    volumes: [{ name: VOLUME, projected: { sources: [{ serviceAccountToken }] } }],
  };
}
