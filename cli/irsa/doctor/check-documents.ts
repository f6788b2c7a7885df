// Checks the issuer's documents and the keys in them.

import { DISCOVERY_PATH, JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { memberAt, parseJson } from "../../../functions/lib/json.ts";
import { quoted } from "../../../functions/lib/quoted.ts";
import { type Check, failed, ok, warning } from "../../doctor/check.ts";
import { failureReason } from "../../http/agent.ts";
import { openEndpoint, type Reply, reasonOf } from "../../http/endpoint.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import type { PublishedKey } from "../keys/published-keys.ts";
import { listAt } from "../kubernetes-object.ts";

interface ServedDocuments {
  readonly checks: readonly Check[];
  /** Key ids in the JWKS; `undefined` if it has none or cannot be read. */
  readonly kids?: readonly string[];
}

/** https://repost.aws/knowledge-center/iam-sts-invalididentitytoken */
const STS_PATIENCE_MS = 5_000;

/** `ca`: for an issuer that is tested without AWS. AWS trusts only public CAs. */
export async function checkDocuments(issuer: string, ca: string | undefined, io: IOStreams): Promise<ServedDocuments> {
  const discovery = await fetchDocument("discovery", `${issuer}${DISCOVERY_PATH}`, ca, io);
  if ("check" in discovery) return { checks: [discovery] };
  const checks = [judgeDiscovery(discovery, issuer)];
  const jwks = await fetchDocument("jwks", `${issuer}${JWKS_PATH}`, ca, io);
  if ("check" in jwks) return { checks: [...checks, jwks] };
  const kids = listAt(parseJson(jwks.body), "keys").flatMap(({ kid }) => (typeof kid === "string" ? [kid] : []));
  const seen = `${kids.length === 1 ? "1 key" : `${kids.length} keys`}, ${Math.round(jwks.ms)} ms`;
  const advice = "publish one: iam-authenticator irsa keys publish --kubeconfig <file>";
  const check = kids.length > 0 ? ok("jwks", seen) : failed("jwks", "it contains no key", advice);
  // Without keys, the later checks have nothing to compare.
  return { checks: [...checks, check], ...(kids.length > 0 && { kids }) };
}

async function fetchDocument(
  check: string,
  url: string,
  ca: string | undefined,
  io: IOStreams,
): Promise<Reply | Check> {
  const endpoint = openEndpoint({ server: url, ...(ca !== undefined && { ca }) }, io);
  try {
    const reply = await endpoint.send("GET");
    if (reply.status !== 200) {
      return failed(check, `HTTP ${reply.status}, ${reasonOf(reply, "issuer")}`, adviceFor(reply));
    }
    if (reply.ms <= STS_PATIENCE_MS) return reply;
    return failed(check, `${Math.round(reply.ms)} ms: STS waits for 5 s`, "check the issuer's log and memory");
  } catch (error) {
    const advice = "check the URL, DNS and the certificate: AWS must reach it from the internet";
    return failed(check, `no answer from ${url} (${failureReason(error)})`, advice);
  }
}

const PUBLISH = "publish the cluster's keys: iam-authenticator irsa keys publish --kubeconfig <file>";

function adviceFor({ status, body }: Reply): string {
  if (memberAt(parseJson(body), "code") === "issuer_without_keys") return PUBLISH;
  return status === 404 ? "check the issuer's URL" : "check the issuer's log";
}

function judgeDiscovery({ body, ms }: Reply, issuer: string): Check {
  const check = "discovery";
  const expected = { issuer, jwks_uri: `${issuer}${JWKS_PATH}` };
  for (const [member, value] of Object.entries(expected)) {
    const found = memberAt(parseJson(body), member);
    if (found === value) continue;
    const advice = "ISSUER_URL of the function and --service-account-issuer must be exactly this URL";
    return failed(check, `${member} is ${quoted(found ?? "")}, not ${value}`, advice);
  }
  return ok(check, `issuer and jwks_uri are correct, ${Math.round(ms)} ms`);
}

/** Compares the keys in Parameter Store with those that the issuer serves. */
export function checkPublished(published: readonly PublishedKey[], served: readonly string[] | undefined): Check[] {
  const check = "keys";
  const invalid = published
    .filter(({ problem }) => problem !== undefined)
    .map(({ kid, problem }) => failed(check, `issuer/${kid} ${problem}`, "publish it again, or remove the parameter"));
  const good = published.filter(({ key }) => key !== undefined).map(({ kid }) => kid);
  if (good.length === 0) return [...invalid, failed(check, "no valid key is published", PUBLISH)];
  if (served === undefined) return invalid;
  const waiting = good.filter((kid) => !served.includes(kid));
  const extra = served.filter((kid) => !good.includes(kid));
  const different = [...waiting.map((kid) => `${kid} is not served`), ...extra.map((kid) => `${kid} is still served`)];
  if (different.length > 0) {
    const advice = "wait 30 s and run this again; if it fails again, compare MAPPING_PREFIX and region of the function";
    return [...invalid, warning(check, different.join(", "), advice)];
  }
  return [...invalid, ok(check, `${good.length} published, and served`)];
}
