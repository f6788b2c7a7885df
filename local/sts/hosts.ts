// Maps Host headers of the partition `aws` to STS regions.
// https://docs.aws.amazon.com/general/latest/gr/sts.html

const REGIONAL = /^sts(?:-fips)?\.((?!us-gov-)[a-z]{2}(?:-[a-z]+)+-[0-9]+)\.(?:amazonaws\.com|api\.aws)$/;
const INTERFACE_ENDPOINT = /^vpce-[a-z0-9-]+\.sts\.([a-z0-9-]+)\.vpce\.amazonaws\.com$/;

/** Valid for any region: clients that connect to the local address sign one of these names. */
const LOCAL = new Set(["127.0.0.1", "localhost", "host.docker.internal"]);

/** Whether `host` accepts a signature for `region`; the global endpoint is in `us-east-1`. */
export function servesRegion(host: string, region: string, extraHosts: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:[0-9]+$/, "");
  if (name === "sts.amazonaws.com") return region === "us-east-1";
  const match = REGIONAL.exec(name) ?? INTERFACE_ENDPOINT.exec(name);
  return match === null ? LOCAL.has(name) || extraHosts.includes(name) : match[1] === region;
}
