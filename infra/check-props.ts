// Rejects, at synth, props and endpoints that deploy but do not work together, or do not protect.

import { Arn, ArnFormat, Stack, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { FAILOVER_ORIGIN } from "../functions/authenticator/settings.ts";
import type { CustomDomain, Endpoint, MtlsEndpoint, PrivateEndpoint } from "./endpoint/endpoint.ts";
import type { IamAuthenticatorProps } from "./props.ts";

/** Throws an error that states what to do. */
export function checkProps(props: IamAuthenticatorProps): void {
  const { nodes = false, nodeVpcs, endpoint, formerEndpoint } = props;
  checkNumbers(props);
  checkVpc(props);
  if (nodeVpcs !== undefined && !nodes)
    throw new Error("nodeVpcs requires nodes: true, to look up nodes");
  const { kind = "http" } = endpoint ?? {};
  if (formerEndpoint?.kind === kind) {
    throw new Error(
      `formerEndpoint must not be of endpoint's kind (${kind}): it keeps the kind before a change`,
    );
  }
}

function checkNumbers(props: IamAuthenticatorProps): void {
  checkMemory(props.memorySize);
  const quietHours = known(props.quietHours);
  const provisionedConcurrency = known(props.provisionedConcurrency);
  const reservedConcurrency =
    props.reservedConcurrency === false ? undefined : known(props.reservedConcurrency);
  atLeastOne({ provisionedConcurrency, reservedConcurrency, quietHours, ...props.throttle });
  // "the evaluation interval can be no longer than seven days":
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  if ((quietHours ?? 1) > 168)
    throw new Error(
      "quietHours must be at most 168 (a week), CloudWatch's longest evaluation interval",
    );
  // "Understanding Lambda function scaling":
  // https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
  if ((provisionedConcurrency ?? 0) >= (reservedConcurrency ?? Number.POSITIVE_INFINITY)) {
    throw new Error(
      `provisionedConcurrency (${provisionedConcurrency}) must be below reservedConcurrency (${reservedConcurrency}): otherwise Lambda throttles a version without provisioned concurrency, such as a new one during its check. Raise reservedConcurrency, or set it to false`,
    );
  }
}

function checkVpc(props: IamAuthenticatorProps): void {
  const vpcProps = ["vpcEndpoints", "vpcSubnets", "securityGroups"] as const;
  const given = vpcProps.find((name) => props[name] !== undefined);
  if (given !== undefined && props.vpc === undefined) {
    throw new Error(`${given} requires vpc: set vpc to the function's VPC, or leave both out`);
  }
  const hasEndpoints = props.vpc !== undefined && props.vpcEndpoints !== false;
  // IAM has one endpoint for an entire partition, and not every region has an interface endpoint
  // for it.
  if (props.nodes && hasEndpoints) {
    throw new Error(
      "nodes with a vpc requires access to IAM, which has no interface endpoint here: use a VPC with a NAT gateway and vpcEndpoints: false",
    );
  }
  // Delete this when a report in test/acceptance/reports shows the row as passed: a test then
  // fails.
  if (props.tokens === "jwt" && hasEndpoints) {
    throw new Error(
      'tokens: "jwt" with vpcEndpoints could fail every login: reading the keys through the endpoint sts-oidc has never been tried. Use a NAT gateway and vpcEndpoints: false, or tokens: "any", or prove it in your account with `npm run acceptance -- --only 12 --private private.json`',
    );
  }
}

/**
 * Throws for a size that Lambda does not accept:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export function checkMemory(memorySize: number | undefined): void {
  const megabytes = known(memorySize);
  if (
    megabytes === undefined ||
    (Number.isInteger(megabytes) && megabytes >= 128 && megabytes <= 10_240)
  )
    return;
  throw new Error(`memorySize (${megabytes}) must be an integer from 128 to 10240 (MB)`);
}

/**
 * Returns the number; `undefined` for one that is known only at deployment, such as a template's
 * parameter.
 */
function known(value: number | undefined): number | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}

function atLeastOne(numbers: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (known(value) !== undefined && !(Number.isInteger(value) && Number(value) >= 1)) {
      const orNone = name === "reservedConcurrency" ? ", or false for none" : "";
      throw new Error(`${name} must be a positive integer${orNone}`);
    }
  }
}

/** Throws an error that states what to do, like the other functions of this file. */
export function checkEndpoint(scope: Construct, endpoint: Endpoint): void {
  switch (endpoint.kind) {
    case "http":
      if (endpoint.domain !== undefined) checkDomain(scope, endpoint.domain);
      break;
    case "mtls":
      checkMtls(scope, endpoint);
      break;
    case "private":
      checkPrivate(endpoint);
      break;
    default:
      throw new Error("an endpoint's kind must be http, mtls or private");
  }
}

export const FAILOVER_URL = new RegExp(`^${FAILOVER_ORIGIN}/authenticate$`);

/**
 * Checks `failoverUrl`: the endpoint itself would redirect forever. Its default URL has no name
 * until deployment, but is in the stack's region.
 */
export function checkFailoverUrl(scope: Construct, endpoint: Endpoint, url: string): void {
  if (endpoint.kind === "private")
    throw new Error("failoverUrl requires an http or mtls endpoint: leave it out");
  if (Token.isUnresolved(url)) return;
  const [, host = ""] = FAILOVER_URL.exec(url) ?? [];
  if (host === "") {
    throw new Error(
      `failoverUrl must be the output Endpoint of the standby's stack, such as https://standby.example.com/authenticate, not ${url}: a private API cannot be the standby`,
    );
  }
  const ownHost = endpoint.kind === "mtls" ? endpoint.domainName : endpoint.domain?.domainName;
  if (host === ownHost || host.includes(`.execute-api.${Stack.of(scope).region}.`)) {
    throw new Error(
      `failoverUrl must be an endpoint in another region, not the stack's own: ${url}`,
    );
  }
}

function checkMtls(scope: Construct, endpoint: MtlsEndpoint): void {
  const { subjects } = endpoint;
  if (subjects.length === 0) {
    throw new Error(
      "an mtls endpoint requires subjects: each complete subject DN of its certificates, or *",
    );
  }
  if (subjects.some((subject) => subject.trim() === ""))
    throw new Error("an mtls endpoint's subjects must not be empty strings");
  checkDomain(scope, endpoint);
}

/** Throws an error that states what to do. */
export function checkDomain(
  scope: Construct,
  { domainName, hostedZone, certificate }: CustomDomain,
): void {
  checkCertificateRegion(certificate.certificateArn, Stack.of(scope).region);
  if (Token.isUnresolved(domainName)) return;
  if (!/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+$/.test(domainName)) {
    throw new Error(`domainName must be a host name in lower case, not ${domainName}`);
  }
  const zoneName = hostedZone?.zoneName;
  if (
    zoneName !== undefined &&
    !Token.isUnresolved(zoneName) &&
    domainName !== zoneName &&
    !domainName.endsWith(`.${zoneName}`)
  ) {
    throw new Error(
      `domainName ${domainName} is not in the hosted zone ${zoneName}: use its zone, or omit hostedZone`,
    );
  }
}

/**
 * Checks that the certificate is regional:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
 */
function checkCertificateRegion(arn: string, region: string): void {
  if (Token.isUnresolved(arn) || Token.isUnresolved(region)) return;
  const { region: its = "" } = Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME);
  if (its !== region) {
    throw new Error(
      `the certificate is in ${its} and the stack is in ${region}: a custom domain requires a certificate in the stack's region`,
    );
  }
}

function checkPrivate({ callerAuth = "bearer" }: PrivateEndpoint): void {
  // API Gateway requests no client certificates on a private API, so mtls would refuse every
  // caller.
  if (callerAuth !== "bearer" && callerAuth !== "none") {
    throw new Error(
      "a private endpoint's callerAuth must be bearer or none: certificates require an mtls endpoint",
    );
  }
}
