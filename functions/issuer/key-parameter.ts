// The names of the parameters that contain the issuer's keys.

/** Returns the path of the keys: each parameter below it is one. */
export function issuerPath(prefix: string): string {
  return `${prefix}/issuer`;
}

export function issuerKeyParameter(prefix: string, kid: string): string {
  return `${issuerPath(prefix)}/${kid}`;
}
