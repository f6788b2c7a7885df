// Reads names of Kubernetes namespaces.

import { InvalidArgumentError } from "commander";
import { NAMESPACE } from "../functions/issuer/trust-policy.ts";
import { collect } from "./options.ts";

/** For an option that may be repeated. */
export function collectNamespace(text: string, before?: readonly string[]): readonly string[] {
  if (NAMESPACE.test(text)) return collect(text, before);
  throw new InvalidArgumentError("It must be a namespace: up to 63 lower-case letters, digits and hyphens.");
}
