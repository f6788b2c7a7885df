// The emulator for the acceptance checks, and the rows that it does not support.

import { type RealWorld, realWorld } from "../../acceptance/real-world.ts";
import { machine } from "../sam/machine.ts";
import type { EmulatedSts } from "./emulated-sts.ts";
import { fitForEmulator, setReleasedSts } from "./fit-for-emulator.ts";
import type { LocalGateway } from "./local-gateway.ts";
import type { Emulator } from "./ministack.ts";

const NO_THROTTLE = "the emulator's HTTP API runs a function whose reserved concurrency is 0";
const NO_ACCESS_LOG = "the emulator's HTTP API writes no access log";
const NO_PROVIDER =
  "the emulator's CloudFormation has no OIDC provider, and its APIs have no URL that an issuer may have";
const NO_SIGNED_TOKENS = "the emulator's IAM has no outbound web identity federation";
const NO_CODEDEPLOY = "the emulator has no CodeDeploy";

/** Each key must be an existing check or row. */
export const UNSERVED: Readonly<Record<string, string>> = {
  "3 statuses at the caller": NO_THROTTLE,
  "3 integrationError in the access log": NO_ACCESS_LOG,
  "3 logins go on at a standby": NO_THROTTLE,
  "3 5xx metric": "the emulator's API Gateway writes no metrics",
  "4 metrics": "the emulator's CloudWatch Logs does not extract metrics from log lines",
  "5": NO_CODEDEPLOY,
  "6": "the emulator has no CodeDeploy, and reports READY for any provisioned concurrency",
  "7 SafeDeployments=true, LogLevel=debug": NO_CODEDEPLOY,
  "7 order of events": NO_CODEDEPLOY,
  "8 AssumeRoleWithWebIdentity": NO_PROVIDER,
  "8 another service account": NO_PROVIDER,
  "10 the first review after 20 idle minutes": "the emulator does not freeze idle functions",
  "10 drift": "the emulator does not detect drift of APIs, aliases and alarms",
  "12": NO_SIGNED_TOKENS,
  "13": NO_SIGNED_TOKENS,
};

export interface Services {
  readonly emulator: Emulator;
  readonly gateway: LocalGateway;
  readonly sts: EmulatedSts;
}

export function emulatedWorld({ emulator, gateway, sts }: Services, region: string): RealWorld {
  const common = { PATH: process.env["PATH"], ...emulator.environment };
  const world = realWorld(region, (program, [service]) => ({
    ...common,
    HOME: world.folder,
    // With an IP address as host, bucket names are in the path.
    ...(program === "aws" && { AWS_ENDPOINT_URL: `http://127.0.0.1:${emulator.port}` }),
    // Its token is for an AWS host.
    ...(service === "eks" && { AWS_ENDPOINT_URL: undefined }),
    ...(program === "iam-authenticator" && { AWS_ENDPOINT_URL_STS: sts.url }),
  }));

  return {
    ...world,
    async run(program, args, options) {
      const ran = await world.run(program, args, options);
      if (program === "aws" && ran.exitCode === 0) sts.learn(args.slice(0, 2).join(" "), ran.stdout);
      return { ...ran, stdout: gateway.localUrls(ran.stdout) };
    },
    settings: { architecture: machine(), safeDeployments: false },
    releaseParameters: { Architecture: machine(), Monitoring: "false" },
    unserved: UNSERVED,
    prepare(folder) {
      if (folder.endsWith(".out")) fitForEmulator(folder, sts.url);
      else setReleasedSts(folder, sts.url);
    },
  };
}
