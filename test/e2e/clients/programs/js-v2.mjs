// Prints a token by the AWS SDK for JavaScript v2. Arguments: cluster, region, and how many seconds
// the URL is valid.

import AWS from "aws-sdk";

const [, , cluster, region, expires] = process.argv;
const request = new AWS.STS({ region, stsRegionalEndpoints: "regional" }).getCallerIdentity();
request.on("build", ({ httpRequest }) => {
  httpRequest.headers["x-k8s-aws-id"] = cluster;
});
console.log(`k8s-aws-v1.${Buffer.from(request.presign(Number(expires))).toString("base64url")}`);
