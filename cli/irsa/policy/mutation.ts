// The mutations of amazon-eks-pod-identity-webhook in CEL, with which AWS SDKs in a Pod find its role.
// https://github.com/aws/amazon-eks-pod-identity-webhook/blob/master/pkg/handler/handler.go

import { TOKEN_FOLDER, VOLUME } from "../names.ts";
import { cel } from "./variables.ts";

/** A JSON patch. All its parts evaluate the original Pod. */
export function mutation(): string {
  return [volume(), ...["containers", "initContainers"].flatMap((of) => [...environment(of), ...mount(of)])].join(
    " +\n",
  );
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

/** In upstream's order, and last the variables that upstream does not have. */
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
        add(containers, "/env/-", `Object.spec.${containers}.env{name: ${cel(name)}, value: ${value}}`),
      ),
    ),
  ];
}

function mount(containers: string): string[] {
  const item = `name: ${cel(VOLUME)}, readOnly: true, mountPath: ${cel(TOKEN_FOLDER)}`;
  return [
    forEach(containers, "c.?volumeMounts.orValue([]).size() == 0", add(containers, "/volumeMounts", "[]")),
    forEach(
      containers,
      `!c.?volumeMounts.orValue([]).exists(m, m.name == ${cel(VOLUME)})`,
      add(containers, "/volumeMounts/-", `Object.spec.${containers}.volumeMounts{${item}}`),
    ),
  ];
}

const WEB_IDENTITY = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"];

/** As upstream, a container that already has all variables is not changed, and gets no mount. */
const IS_MUTATED =
  `!(c.name in variables.skipped) && !(${has(...WEB_IDENTITY)} && ` +
  `${has("AWS_REGION", "AWS_DEFAULT_REGION")} && ${has("AWS_STS_REGIONAL_ENDPOINTS")})`;

/** In `condition` and `patch`, `c` is a container and `i` its index. */
function forEach(containers: string, condition: string, patch: string): string {
  return `object.spec.?${containers}.orValue([]).transformList(i, c,\n  ${IS_MUTATED} && ${condition},\n  ${patch})`;
}

function add(containers: string, below: string, value: string): string {
  return `JSONPatch{op: "add", path: "/spec/${containers}/" + string(i) + "${below}", value: ${value}}`;
}

function has(...names: string[]): string {
  return `c.?env.orValue([]).exists(e, e.name in ${cel(names)})`;
}
