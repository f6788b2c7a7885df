// Compares the endpoint's URL with the output of the cluster's stack.

import type { Stack } from "@aws-sdk/client-cloudformation";
import { defaultStackName } from "../../functions/settings/stack.ts";
import { connect } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { stacksOf } from "../changes/existing-cluster.ts";
import type { ConnectionOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import type { Check } from "./check.ts";

/** Nothing where the stack cannot be read or has another name: the other checks do not depend on it. */
export async function checkUrl(url: URL, options: ConnectionOptions, io: IOStreams): Promise<Check[]> {
  const stack = defaultStackName(options.cluster);
  const endpoints = (await readStacks(stack, options, io)).flatMap(endpointsOf);
  const [first] = endpoints;
  if (first === undefined) return [];
  const check = "url";
  if (endpoints.some((one) => one.host === url.host)) {
    return [{ check, state: "ok", seen: `${url.host} is an endpoint of the stack ${stack}` }];
  }
  const advice =
    "check --cluster; if the endpoint has moved, write a new file for kube-apiserver: kubeconfig webhook --from <old " +
    `kubeconfig> --endpoint ${first.href}`;
  return [
    { check, state: "warning", seen: `${url.host} is not the endpoint of the stack ${stack}, ${first.host}`, advice },
  ];
}

async function readStacks(name: string, options: ConnectionOptions, io: IOStreams): Promise<Stack[]> {
  try {
    return await stacksOf(name, await connect(options, io), io);
  } catch (error) {
    io.interrupted.throwIfAborted();
    if (toFailure(error) === undefined) throw error;
    return [];
  }
}

/** In a user's CDK app, an output's name has the construct's path as prefix and a hash as suffix. */
function endpointsOf({ Outputs = [] }: Stack): URL[] {
  return Outputs.flatMap(({ OutputKey = "", OutputValue = "" }) =>
    /Endpoint(?:[0-9A-F]{8})?$/.test(OutputKey) && URL.canParse(OutputValue) ? [new URL(OutputValue)] : [],
  );
}
