// Which region answers behind a Host header, in the partition `aws`.
// https://docs.aws.amazon.com/general/latest/gr/sts.html

const REGIONAL = /^sts(?:-fips)?\.((?!us-gov-)[a-z]{2}(?:-[a-z]+)+-[0-9]+)\.(?:amazonaws\.com|api\.aws)$/;
const INTERFACE_ENDPOINT = /^vpce-[a-z0-9-]+\.sts\.([a-z0-9-]+)\.vpce\.amazonaws\.com$/;

/** What stands in for any region: the names a client uses that was given the local address and signs for that. */
const LOCAL = new Set(["127.0.0.1", "localhost", "host.docker.internal"]);

/** Whether a signature for `region` is good at `host`; the global endpoint is `us-east-1`. */
export function servesRegion(host: string, region: string, extraHosts: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:[0-9]+$/, "");
  if (name === "sts.amazonaws.com") return region === "us-east-1";
  const match = REGIONAL.exec(name) ?? INTERFACE_ENDPOINT.exec(name);
  return match === null ? LOCAL.has(name) || extraHosts.includes(name) : match[1] === region;
}
