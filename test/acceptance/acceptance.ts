// `npm run acceptance`: runs every check in order.

import type { Check } from "./check.ts";
import { firstLogin } from "./checks/01-first-login.ts";
import { tokens } from "./checks/02-tokens.ts";
import { throttled } from "./checks/03-throttled.ts";
import { logs } from "./checks/04-logs.ts";
import { rollback } from "./checks/05-rollback.ts";
import { alarmsAndConcurrency } from "./checks/06-alarms-and-concurrency.ts";
import { release } from "./checks/07-release.ts";
import { issuer } from "./checks/08-issuer.ts";
import { endpoints } from "./checks/09-endpoints.ts";
import { idleAndAgain } from "./checks/10-idle-and-again.ts";
import { signedTokens } from "./checks/12-signed-tokens.ts";
import { signingPolicies } from "./checks/13-signing-policies.ts";
import { acceptance } from "./command.ts";

export const CHECKS: readonly Check[] = [
  firstLogin,
  tokens,
  throttled,
  logs,
  rollback,
  alarmsAndConcurrency,
  release,
  issuer,
  endpoints,
  idleAndAgain,
  signedTokens,
  signingPolicies,
];

if (import.meta.main) await acceptance(CHECKS);
