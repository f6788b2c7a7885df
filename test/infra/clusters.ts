// A list of clusters for cdk.json, one for each kind of endpoint.

export const VPC = {
  vpcId: "vpc-0123456789abcdef0",
  availabilityZones: ["eu-west-1a", "eu-west-1b"],
  privateSubnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
  cidr: "10.0.0.0/16",
};

// biome-ignore format: a table
export const CLUSTERS = [
  { clusterId: "plain", nodes: true, callers: [{ name: "control-plane", sha256: "0".repeat(64) }] },
  {
    clusterId: "certified",
    region: "eu-west-1",
    endpoint: {
      kind: "mtls",
      domainName: "authenticator.example.com",
      subjects: ["CN=kube-apiserver,O=Example"],
      certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012",
      truststore: { bucket: "trust", key: "ca.pem", version: "v1" },
      hostedZone: { id: "Z0123456789ABCDEFGHIJ", name: "example.com" },
    },
  },
  { clusterId: "hidden.1", endpoint: { kind: "private", vpc: VPC }, vpc: VPC, provisionedConcurrency: 1, throttle: { rateLimit: 20, burstLimit: 40 } },
];
