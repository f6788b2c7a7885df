// The clients that make tokens, and how both servers must answer.

import { CLUSTER_ID, REGION } from "../../../local/sandbox-files.ts";
import { AWS_IAM_AUTHENTICATOR_VERSION } from "../binaries/binaries.ts";

export interface Client {
  readonly name: string;
  /** The first has the client's version. */
  readonly packages: readonly string[];
  /** A file in programs/, or a command. */
  readonly program: string;
  /** Default: cluster, region, and 60 seconds. */
  readonly args?: readonly string[];
  /** Changes the token's URL. */
  readonly edit?: (url: string) => string;
  /** The code of our denial. Without it, both servers must grant the token. */
  readonly denied?: string;
}

const valid = (time: string) => [CLUSTER_ID, REGION, time];
const token = (cluster: string) => ["token", "--cluster-id", cluster, "--region", REGION];
const GET_TOKEN = ["eks", "get-token", "--cluster-name", CLUSTER_ID, "--region", REGION];

const PEER_MODULE = `sigs.k8s.io/aws-iam-authenticator@v${AWS_IAM_AUTHENTICATOR_VERSION}`;
const PEER = {
  packages: [PEER_MODULE],
  program: "aws-iam-authenticator",
  args: token(CLUSTER_ID),
} as const;
const BOTO3 = { packages: ["boto3==1.44.8"], program: "boto3-signer.py" } as const;
const GO_V1 = { packages: ["github.com/aws/aws-sdk-go@v1.55.8"], program: "go-v1.go" } as const;
const GO_V2 = {
  packages: ["github.com/aws/aws-sdk-go-v2/config@v1.33.18"],
  program: "go-v2.go",
} as const;

// biome-ignore format: a table
export const CLIENTS: readonly Client[] = [
  { name: "aws-iam-authenticator token", ...PEER },
  { name: "AWS CLI 1, eks get-token", packages: ["awscli==1.46.3"], program: "aws", args: GET_TOKEN },
  { name: "AWS CLI 2.36.12, eks get-token", packages: ["@aws-cdk/asset-awscli-v2@2.0.186"], program: "aws-2", args: GET_TOKEN },
  { name: "boto3", ...BOTO3 },
  { name: "boto3 of 2019", ...BOTO3, packages: ["boto3==1.10.36"] },
  // The library imports botocore, which later versions of awscli do not require.
  { name: "eks-token, an exec plugin", packages: ["eks-token==0.3.0", "awscli==1.45.11"], program: "eks-token.py" },
  { name: "AWS SDK for Go v1", ...GO_V1, args: valid("60s") },
  // aws-iam-authenticator 0.5 and Terraform pass 60 without a unit, which is nanoseconds:
  // X-Amz-Expires is 0.
  { name: "AWS SDK for Go v1, X-Amz-Expires=0", ...GO_V1, args: valid("60ns") },
  { name: "AWS SDK for Go v2, as in Argo CD", ...GO_V2 },
  // As Flux requests.
  { name: "AWS SDK for Go v2, X-Amz-Expires=900", ...GO_V2, args: valid("900") },
  { name: "AWS SDK for JavaScript v2", packages: ["aws-sdk@2.1693.0"], program: "js-v2.mjs" },
  {
    name: "AWS SDK for JavaScript v3",
    packages: [
      ...["@smithy/signature-v4@5.7.5", "@smithy/protocol-http@5.6.2", "@aws-crypto/sha256-js@5.2.0"],
      ...["@aws-sdk/credential-provider-env@3.972.86", "@aws-sdk/util-format-url@3.972.58"],
    ],
    program: "js-v3.mjs",
  },
  { name: "aws-eks-token", packages: ["aws-eks-token@1.0.5"], program: "aws-eks-token.mjs" },
  { name: "AWS SDK for Java v1", packages: ["com.amazonaws:aws-java-sdk-sts:1.12.797"], program: "java-v1.java" },
  { name: "AWS SDK for Java v2", packages: ["software.amazon.awssdk:auth:2.57.8"], program: "java-v2.java" },
  { name: "aws-sigv4, a Rust crate", packages: ["aws-sigv4@=1.6.4", "aws-credential-types@1", "base64@0.22", "http@1"], program: "sigv4.rs" },
  { name: "aws-iam-authenticator token, another signature", ...PEER, edit: (url) => url.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")), denied: "sts_refused" },
  { name: "aws-iam-authenticator token, another cluster", ...PEER, args: token("another"), denied: "sts_refused" },
  { name: "boto3, without x-k8s-aws-id", ...BOTO3, program: "boto3-unsigned.py", denied: "token_headers_refused" },
  { name: "boto3, valid for 1 h", ...BOTO3, args: valid("3600"), denied: "token_parameter_refused" },
  { name: "AWS SDK for Go v1, valid for 24 h", ...GO_V1, args: valid("24h"), denied: "token_parameter_refused" },
];
