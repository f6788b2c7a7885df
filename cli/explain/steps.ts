// A review in slow motion: each step by the function's own code, with what came of it.

import { findNodeNameLazily } from "../../functions/authenticator/aws/lazy-node-name.ts";
import { createSts } from "../../functions/authenticator/aws/sts.ts";
import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { proveIdentity } from "../../functions/authenticator/identity/prove-identity.ts";
import type { Evaluation } from "../../functions/authenticator/mapping/evaluate.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { selectMapping } from "../../functions/authenticator/mapping/select.ts";
import { hasTokenPrefix, parseToken, type UnverifiedToken } from "../../functions/authenticator/token/token.ts";
import { renderUser, type User } from "../../functions/authenticator/user/user.ts";
import { Denial } from "../../functions/errors.ts";
import { deadlineIn } from "../../functions/lib/deadline.ts";
import type { Connection } from "../aws/connection.ts";
import { decide } from "../evaluate/decide.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { readSome } from "../parameter-store/read.ts";

/** A person waits longer than kube-apiserver. */
const DEADLINE_MS = 15_000;

/** Filled as far as the review got. */
export interface Explanation {
  token?: UnverifiedToken;
  identity?: VerifiedIdentity;
  evaluations?: readonly Evaluation[];
  /** The parameter that counted. */
  parameter?: string;
  user?: User;
  refusal?: { readonly code: string; readonly message: string };
}

/** `token` is proven by STS. Throws a fault where AWS gives no answer; a refusal is an explanation. */
export async function explainToken(token: string, connection: Connection, io: IOStreams): Promise<Explanation> {
  const { settings } = connection;
  const explanation: Explanation = {};
  await untilRefused(explanation, async () => {
    if (!hasTokenPrefix(token)) {
      explanation.refusal = { code: "not_ours", message: "no k8s-aws-v1. token: the function leaves it to others" };
      return;
    }
    explanation.token = parseToken(token, settings.stsHosts, io.clock());
    const askSts = createSts({
      clusterId: settings.clusterId,
      regionalHost: `sts.${settings.region}.${settings.partition.domain}`,
      endpoint: settings.stsEndpoint,
    });
    const prove = proveIdentity(askSts, settings.partition.id);
    const { result } = await prove(explanation.token, deadlineIn(DEADLINE_MS, io.clock));
    if (result instanceof Denial) throw result;
    await explainMapping(explanation, result, connection, io, true);
  });
  return explanation;
}

/** For somebody who is not here: nothing is proven, and of a node nothing can be. */
export async function explainIdentity(
  identity: VerifiedIdentity,
  connection: Connection,
  io: IOStreams,
): Promise<Explanation> {
  const explanation: Explanation = {};
  await untilRefused(explanation, () => explainMapping(explanation, identity, connection, io, false));
  return explanation;
}

async function explainMapping(
  explanation: Explanation,
  identity: VerifiedIdentity,
  { ssm, context: site, settings }: Connection,
  io: IOStreams,
  isProven: boolean,
): Promise<void> {
  explanation.identity = identity;
  const places = candidates(site.prefix, identity);
  const stored = await readSome(
    ssm,
    places.map(({ parameter }) => parameter),
    io.interrupted,
  );
  const { evaluations, deciding } = decide(site, identity, stored);
  explanation.evaluations = evaluations;
  if (deciding !== undefined) explanation.parameter = deciding.parameter;
  const selected = selectMapping(evaluations, identity);
  const findNodeName = isProven
    ? () => findNodeNameLazily(settings.region)(identity, deadlineIn(DEADLINE_MS, io.clock))
    : async () => ({ name: "{EC2PrivateDNSName}" });
  explanation.user = await renderUser(selected, identity, settings.reservedPrefixes, findNodeName);
}

async function untilRefused(explanation: Explanation, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    explanation.refusal = { code: error.code, message: error.message };
  }
}
