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

output "cluster_read_policy" {
  description = "An IAM policy for users: to read what iam-authenticator kubeconfig client --publish has stored."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "ssm:GetParameter"
      Resource = "${local.arn}:ssm:${local.region}:${local.account}:parameter${local.prefix}/cluster/${var.cluster_id}"
    }]
  })
}

output "failover_url" {
  value = var.failover_url
}
