// The ways a reader may name a parameter: name, ARN, and either of them with `:version`.

import { checkNameGrammar } from "./limits.ts";
import { arnPrefix, type Parameters, type ParameterVersion, type Site } from "./parameter.ts";
import { notFound, ServiceError } from "./service-error.ts";

export interface Selected {
  readonly name: string;
  /** As asked for, with its colon; absent when the newest version was asked for. */
  readonly selector?: string;
  readonly version: ParameterVersion;
}

/** The one version that `asked` means; throws when there is none. Labels are not kept here, so none is ever found. */
export function select(parameters: Parameters, site: Site, asked: string): Selected {
  const { name, selector } = splitSelector(site, asked);
  const versions = parameters.versions(name);
  const newest = versions?.at(-1);
  if (versions === undefined || newest === undefined) throw notFound(asked);
  if (selector === undefined) return { name, version: newest };
  const version = versions.find((kept) => `:${kept.version}` === selector);
  if (version === undefined) {
    throw new ServiceError(
      "ParameterVersionNotFound",
      `Systems Manager could not find version ${selector.slice(1)} of ${name}. Verify the version and try again.`,
    );
  }
  return { name, selector, version };
}

/** Names begin with a slash or have none inside, and an ARN does not show which: `parameter/x` is tried as it stands. */
function splitSelector(site: Site, asked: string): { name: string; selector?: string } {
  const prefix = arnPrefix(site);
  const inArn = asked.startsWith(prefix) ? asked.slice(prefix.length) : undefined;
  const local = inArn === undefined ? asked : `${inArn.includes("/") ? "/" : ""}${inArn}`;
  const colon = local.indexOf(":");
  const name = colon < 0 ? local : local.slice(0, colon);
  checkNameGrammar(name);
  return colon < 0 ? { name } : { name, selector: local.slice(colon) };
}
