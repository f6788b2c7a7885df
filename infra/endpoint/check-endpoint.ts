// Rejects, at synth, endpoints that deploy but do not work or do not protect.

import { Arn, ArnFormat, Stack, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { CustomDomain } from "./custom-domain.ts";
import type { Endpoint, MtlsEndpoint, PrivateEndpoint } from "./endpoint.ts";

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

export const FAILOVER_URL = /^https:\/\/([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::\d+)?\/authenticate$/;

/** An own endpoint would redirect forever. The default one has no name until deployment, but is in the stack's region. */
export function checkFailoverUrl(scope: Construct, endpoint: Endpoint, url: string): void {
  if (endpoint.kind === "private") throw new Error("failoverUrl requires an http or mtls endpoint: leave it out");
  if (Token.isUnresolved(url)) return;
  const [, host = ""] = FAILOVER_URL.exec(url) ?? [];
  if (host === "") {
    throw new Error(
      `failoverUrl must be the output Endpoint of the standby's stack, such as https://standby.example.com/authenticate, not ${url}: a private API cannot be the standby`,
    );
  }
  const own = endpoint.kind === "mtls" ? endpoint.domainName : endpoint.domain?.domainName;
  if (host === own || host.includes(`.execute-api.${Stack.of(scope).region}.`)) {
    throw new Error(`failoverUrl must be an endpoint in another region, not the stack's own: ${url}`);
  }
}

function checkMtls(scope: Construct, endpoint: MtlsEndpoint): void {
  const { subjects } = endpoint;
  if (subjects.length === 0) {
    throw new Error(
      "an mtls endpoint requires subjects: the complete subject DN of each client certificate of kube-apiserver, or only *",
    );
  }
  if (subjects.some((subject) => subject.trim() === ""))
    throw new Error("an mtls endpoint's subjects must not be empty strings");
  checkDomain(scope, endpoint);
}

export function checkDomain(scope: Construct, { domainName, hostedZone, certificate }: CustomDomain): void {
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
      `domainName ${domainName} must be in the hosted zone ${zoneName}: use the zone of the domain, or leave hostedZone out`,
    );
  }
}

/** The certificate must be regional: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html */
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
  // API Gateway requests no client certificates on a private API, so mtls would refuse every caller.
  if (callerAuth !== "bearer" && callerAuth !== "none") {
    throw new Error(
      "a private endpoint's callerAuth must be bearer or none: client certificates require an mtls endpoint",
    );
  }
}
