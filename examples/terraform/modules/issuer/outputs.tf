output "issuer_url" {
  description = "The exact value of --service-account-issuer."
  value       = aws_apigatewayv2_api.issuer.api_endpoint
}

output "issuer_flags" {
  description = "Flags of kube-apiserver."
  value       = "--service-account-issuer=${aws_apigatewayv2_api.issuer.api_endpoint} --service-account-issuer=<the current issuer; omit this flag for a new cluster> --service-account-jwks-uri=${aws_apigatewayv2_api.issuer.api_endpoint}/openid/v1/jwks"
}

output "provider_arn" {
  description = "ARN of IAM's OIDC provider, which roles trust."
  value       = aws_iam_openid_connect_provider.issuer.arn
}

output "parameter_prefix" {
  description = "Prefix of the parameters; the keys are below <prefix>/issuer/."
  value       = local.prefix
}
