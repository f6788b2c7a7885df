// The CEL expressions of the admission policies.

import {
  ANNOTATION,
  OWN_PREFIX,
  TOKEN_FILE,
  TOKEN_FOLDER,
  VOLUME,
  WINDOWS_TOKEN_FILE,
} from "../../kube/objects.ts";

/** The webhook's flags, which are the defaults for missing annotations. */
export interface PodDefaults {
  readonly tokenAudience: string;
  /** The lifetime of tokens in seconds. */
  readonly tokenExpiration: number;
  readonly stsRegionalEndpoint?: true;
  readonly awsDefaultRegion?: string;
  readonly roleSessionName?: true;
  /** The Java SDK uses the node's role if STS refuses the Pod's. */
  readonly ec2MetadataDisabled?: true;
}

/**
 * Go's ParseInt and CEL's int() accept these texts, up to 18 digits. Upstream ignores values of
 * another form, the validations reject them. https://pkg.go.dev/strconv#ParseInt
 */
export const SECONDS = "^[+-]?0*[0-9]{1,18}$";

/** The values that Go's ParseBool accepts: https://pkg.go.dev/strconv#ParseBool */
export const BOOLEANS = {
  true: ["1", "t", "T", "TRUE", "true", "True"],
  false: ["0", "f", "F", "FALSE", "false", "False"],
} as const;

/**
 * A field of the first record of CSV, after empty lines. As in Go's csv.Reader, a stray quote makes
 * it invalid, and nothing is skipped.
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
    // kubelet's minimum is 600:
    // https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
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

/** Returns a CEL literal. CEL accepts JSON strings. */
export function cel(literal: string | readonly string[]): string {
  return JSON.stringify(literal);
}

/** Returns a JSON patch. All its parts evaluate the original Pod. */
export function mutation(): string {
  return [
    volume(),
    ...["containers", "initContainers"].flatMap((of) => [...environment(of), ...mount(of)]),
  ].join(" +\n");
}

function volume(): string {
  // Before all other volumes, as upstream.
  return `(object.spec.?volumes.orValue([]).exists(v, v.name == ${cel(VOLUME)}) ? [] :
(object.spec.?volumes.orValue([]).size() > 0 ? [] : [JSONPatch{op: "add", path: "/spec/volumes", value: []}]) +
[JSONPatch{op: "add", path: "/spec/volumes/0", value: Object.spec.volumes{
  name: ${cel(VOLUME)},
  projected: Object.spec.volumes.projected{sources: [Object.spec.volumes.projected.sources{
    serviceAccountToken: Object.spec.volumes.projected.sources.serviceAccountToken{
      audience: variables.audience,
      expirationSeconds: variables.seconds,
      path: "token"
    }
  }]}
}}])`;
}

/** Returns the variables in upstream's order, and last those that upstream does not have. */
function environment(containers: string): string[] {
  const regional = `variables.regional && !${has("AWS_STS_REGIONAL_ENDPOINTS")}`;
  const regionless = `variables.region != "" && !${has("AWS_REGION", "AWS_DEFAULT_REGION")}`;
  const roleless = `!${has(...WEB_IDENTITY)}`;
  const nameless = `variables.sessionName != "" && ${roleless} && !${has("AWS_ROLE_SESSION_NAME")}`;
  const reachable = `variables.withoutMetadata && !${has("AWS_EC2_METADATA_DISABLED")}`;
  const variables: [condition: string, name: string, value: string][] = [
    [regional, "AWS_STS_REGIONAL_ENDPOINTS", cel("regional")],
    [regionless, "AWS_DEFAULT_REGION", "variables.region"],
    [regionless, "AWS_REGION", "variables.region"],
    [roleless, "AWS_ROLE_ARN", "variables.role"],
    [roleless, "AWS_WEB_IDENTITY_TOKEN_FILE", "variables.file"],
    [nameless, "AWS_ROLE_SESSION_NAME", "variables.sessionName"],
    [reachable, "AWS_EC2_METADATA_DISABLED", cel("true")],
  ];
  return [
    forEach(containers, "c.?env.orValue([]).size() == 0", add(containers, "/env", "[]")),
    ...variables.map(([condition, name, value]) =>
      forEach(
        containers,
        condition,
        add(
          containers,
          "/env/-",
          `Object.spec.${containers}.env{name: ${cel(name)}, value: ${value}}`,
        ),
      ),
    ),
  ];
}

function mount(containers: string): string[] {
  const item = `name: ${cel(VOLUME)}, readOnly: true, mountPath: ${cel(TOKEN_FOLDER)}`;
  return [
    forEach(
      containers,
      "c.?volumeMounts.orValue([]).size() == 0",
      add(containers, "/volumeMounts", "[]"),
    ),
    forEach(
      containers,
      `!c.?volumeMounts.orValue([]).exists(m, m.name == ${cel(VOLUME)})`,
      add(containers, "/volumeMounts/-", `Object.spec.${containers}.volumeMounts{${item}}`),
    ),
  ];
}

const WEB_IDENTITY = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"];

/** A container that already has all variables is not changed, and gets no mount, as upstream. */
const IS_MUTATED =
  `!(c.name in variables.skipped) && !(${has(...WEB_IDENTITY)} && ` +
  `${has("AWS_REGION", "AWS_DEFAULT_REGION")} && ${has("AWS_STS_REGIONAL_ENDPOINTS")})`;

/**
 * Returns the patch of each container. In `condition` and `patch`, `c` is a container and `i` its
 * index.
 */
function forEach(containers: string, condition: string, patch: string): string {
  return `object.spec.?${containers}.orValue([]).transformList(i, c,\n  ${IS_MUTATED} && ${condition},\n  ${patch})`;
}

function add(containers: string, below: string, value: string): string {
  return `JSONPatch{op: "add", path: "/spec/${containers}/" + string(i) + "${below}", value: ${value}}`;
}

function has(...names: string[]): string {
  return `c.?env.orValue([]).exists(e, e.name in ${cel(names)})`;
}
