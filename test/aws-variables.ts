// Environment variables that give the AWS CLI and SDKs an identity's keys.

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export function keyVariables({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: Keys): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
  };
}

/** Only these keys: no configuration of this machine. */
export function isolatedVariables(keys: Keys): Record<string, string> {
  return {
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    ...keyVariables(keys),
  };
}
