"""Prints a token by boto3 that does not sign a cluster. Arguments: cluster and region."""

import base64
import sys

import boto3

url = boto3.client("sts", region_name=sys.argv[2]).generate_presigned_url("get_caller_identity", ExpiresIn=60)
print("k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("="))
