// Runs the function behind a local gateway with TLS in one process, for comparison with the peer's server.

import { pathToFileURL } from "node:url";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { startGateway } from "../../../local/gateway/gateway.ts";
import type { Handler } from "../../../local/gateway/invoke.ts";

const { handler } = (await import(pathToFileURL(process.argv[2] ?? "").href)) as Handler;
const authority = createCertificateAuthority();
const gateway = await startGateway({ handler, tls: authority.server() });
// Drops the events that the gateway records, which would count as the function's memory.
setInterval(() => gateway.events.splice(0), 100);
process.send?.({ url: gateway.url, ca: authority.ca });
