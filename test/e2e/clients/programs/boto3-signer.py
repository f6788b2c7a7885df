"""Prints a token by boto3. Arguments: cluster, region, and how many seconds the URL is valid."""

import base64
import sys

import boto3
from botocore.signers import RequestSigner

cluster, region, expires = sys.argv[1:]
session = boto3.session.Session()
service = session.client("sts", region_name=region).meta.service_model.service_id
signer = RequestSigner(service, region, "sts", "v4", session.get_credentials(), session.events)
url = f"https://sts.{region}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
request = {"method": "GET", "url": url, "body": {}, "headers": {"x-k8s-aws-id": cluster}, "context": {}}
signed = signer.generate_presigned_url(request, region_name=region, expires_in=int(expires), operation_name="")
print("k8s-aws-v1." + base64.urlsafe_b64encode(signed.encode()).decode().rstrip("="))
