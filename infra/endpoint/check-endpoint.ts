// Endpoints that would deploy and then not work, or not protect: refused at synth.

import type { Endpoint } from "./endpoint.ts";

/** Throws with a sentence that says what to do. */
export function checkEndpoint(endpoint: Endpoint): void {
  if (endpoint.kind !== "mtls") return;
  if (endpoint.subjects.length === 0) {
    throw new Error(
      "an mtls endpoint needs subjects: name the whole subject DN of kube-apiserver's client certificate",
    );
  }
  if (endpoint.subjects.some((subject) => subject.trim() === "" || subject.includes(";"))) {
    throw new Error("an mtls endpoint's subjects may not be empty, nor hold a semicolon");
  }
  const { hostedZone, domainName } = endpoint;
  if (
    hostedZone !== undefined &&
    domainName !== hostedZone.zoneName &&
    !domainName.endsWith(`.${hostedZone.zoneName}`)
  ) {
    throw new Error(
      `${domainName} is not in the hosted zone ${hostedZone.zoneName}: give the zone of the domain, or none`,
    );
  }
}
