// The function behind a local gateway with TLS, in one process: what the peer's server is, a server of its own.

import { pathToFileURL } from "node:url";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { startGateway } from "../../../local/gateway/gateway.ts";
import type { Handler } from "../../../local/gateway/invoke.ts";

const { handler } = (await import(pathToFileURL(process.argv[2] ?? "").href)) as Handler;
const authority = createCertificateAuthority();
const gateway = await startGateway({ handler, tls: authority.server() });
// The gateway keeps every event for tests to look at; here they would count as the function's memory.
setInterval(() => gateway.events.splice(0), 100);
process.send?.({ url: gateway.url, ca: authority.ca });
