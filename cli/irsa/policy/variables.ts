// CEL variables that the policies read from a Pod and its ServiceAccount, and the equivalent Kustomize component.

import { ANNOTATION, OWN_PREFIX, TOKEN_FILE, TOKEN_FOLDER, VOLUME, WINDOWS_TOKEN_FILE } from "../names.ts";

/** The webhook's flags: defaults for missing annotations. */
export interface PodDefaults {
  readonly tokenAudience: string;
  /** Seconds. */
  readonly tokenExpiration: number;
  readonly stsRegionalEndpoint?: true;
  readonly awsDefaultRegion?: string;
  readonly roleSessionName?: true;
  /** The Java SDK uses the node's role if STS refuses the Pod's. */
  readonly ec2MetadataDisabled?: true;
}

/**
 * What Go's ParseInt and CEL's int() accept, up to 18 digits. Upstream ignores values of another form, the validations reject
 * them. https://pkg.go.dev/strconv#ParseInt
 */
export const SECONDS = "^[+-]?0*[0-9]{1,18}$";
/** The values that Go's ParseBool accepts: https://pkg.go.dev/strconv#ParseBool */
export const BOOLEANS = {
  true: ["1", "t", "T", "TRUE", "true", "True"],
  false: ["0", "f", "F", "FALSE", "false", "False"],
} as const;

/**
 * The first record of CSV, after empty lines. As in Go's csv.Reader, a stray quote makes it invalid, and nothing is skipped.
 * https://pkg.go.dev/encoding/csv
 */
const CSV_FIELD = '("([^"]|"")*"|[^",\n]*)';
const CSV_RECORD = `^\n*${CSV_FIELD}(,${CSV_FIELD})*(\n|$)`;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
const SESSION_NAME_LIMIT = 64;

export function variables(defaults: PodDefaults): object[] {
  const { tokenAudience, tokenExpiration, stsRegionalEndpoint, awsDefaultRegion = "" } = defaults;
  const named = {
    ofServiceAccount: "params.metadata.?annotations.orValue({})",
    ofPod: "object.metadata.?annotations.orValue({})",
    role: annotation("ofServiceAccount", `${ANNOTATION}role-arn`, ""),
    audience: annotation("ofServiceAccount", `${ANNOTATION}audience`, tokenAudience),
    regional: flag(`${ANNOTATION}sts-regional-endpoints`, stsRegionalEndpoint),
    region: annotation("ofServiceAccount", `${OWN_PREFIX}region`, awsDefaultRegion),
    // A namespace has no ".", so the first one ends it.
    sessionName:
      `${flag(`${OWN_PREFIX}role-session-name`, defaults.roleSessionName)} ? ` +
      `[request.namespace + "." + params.metadata.name].map(n, n.size() > ${SESSION_NAME_LIMIT} ? ` +
      `n.substring(0, ${SESSION_NAME_LIMIT}) : n)[0] : ""`,
    withoutMetadata: flag(`${OWN_PREFIX}ec2-metadata-disabled`, defaults.ec2MetadataDisabled),
    // kubelet's minimum is 600: https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
    seconds:
      `[${annotation("ofPod", `${ANNOTATION}token-expiration`, "")}, ` +
      `${annotation("ofServiceAccount", `${ANNOTATION}token-expiration`, "")}, '${tokenExpiration}']` +
      `.filter(s, s.matches(${cel(SECONDS)})).map(s, int(s) < 600 ? 600 : int(s))[0]`,
    // Unlike upstream, spaces around a name are ignored.
    skipped:
      `${annotation("ofPod", `${ANNOTATION}skip-containers`, "")}.replace("\\r\\n", "\\n").find(${cel(CSV_RECORD)})` +
      `.findAll(${cel(CSV_FIELD)}).map(s, s.startsWith("\\"") ? s.substring(1, s.size() - 1) : s.trim())`,
    windows:
      "['kubernetes.io/os', 'beta.kubernetes.io/os']" +
      ".exists(l, object.spec.?nodeSelector[?l].orValue('') == 'windows')",
    file: `variables.windows ? ${cel(WINDOWS_TOKEN_FILE)} : ${cel(TOKEN_FILE)}`,
  };
  return Object.entries(named).map(([name, expression]) => ({ name, expression }));
}

function annotation(of: string, key: string, otherwise: string): string {
  return `variables.${of}[?${cel(key)}].orValue(${cel(otherwise)})`;
}

function flag(key: string, otherwise = false): string {
  return `${annotation("ofServiceAccount", key, String(otherwise))} in ${cel(BOOLEANS.true)}`;
}

/** A CEL literal. CEL accepts JSON strings. */
export function cel(literal: string | readonly string[]): string {
  return JSON.stringify(literal);
}

/** Kinds with a Pod template at `spec.template`. */
const KINDS = "Deployment|StatefulSet|DaemonSet|ReplicaSet|Job";

/**
 * A merge patch finds the containers by their names.
 * https://kubectl.docs.kubernetes.io/guides/config_management/components/
 */
export function component(
  defaults: PodDefaults,
  role: string,
  containers: readonly string[],
  stringify: (data: unknown) => string,
): object {
  const { tokenAudience: audience, tokenExpiration: expirationSeconds, awsDefaultRegion: region } = defaults;
  const variables = {
    AWS_STS_REGIONAL_ENDPOINTS: defaults.stsRegionalEndpoint && "regional",
    AWS_DEFAULT_REGION: region,
    AWS_REGION: region,
    AWS_ROLE_ARN: role,
    AWS_WEB_IDENTITY_TOKEN_FILE: TOKEN_FILE,
    AWS_EC2_METADATA_DISABLED: defaults.ec2MetadataDisabled && "true",
  };
  const env = Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : { name, value }));
  const volumeMounts = [{ name: VOLUME, mountPath: TOKEN_FOLDER, readOnly: true }];
  const serviceAccountToken = { audience, expirationSeconds, path: "token" };
  const spec = {
    containers: containers.map((name) => ({ name, env, volumeMounts })),
    volumes: [{ name: VOLUME, projected: { sources: [{ serviceAccountToken }] } }],
  };
  // Kustomize applies the patch by `target`, but requires the other fields in it.
  const patch = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "any" }, spec: { template: { spec } } };
  return {
    apiVersion: "kustomize.config.k8s.io/v1alpha1",
    kind: "Component",
    patches: [{ target: { kind: KINDS }, patch: stringify(patch) }],
  };
}
