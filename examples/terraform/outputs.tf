output "endpoint" {
  description = "For iam-authenticator callers add --endpoint."
  value       = "${aws_apigatewayv2_api.authenticator.api_endpoint}/authenticate"
}

output "function_name" {
  value = aws_lambda_function.authenticator.function_name
}

output "log_group" {
  value = aws_cloudwatch_log_group.authenticator.name
}

output "failover_url" {
  value = var.failover_url
}
