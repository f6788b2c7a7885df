# The public API, and IAM's OIDC provider, which roles trust. Tokens and trust policies contain the API's URL: if it is deleted, no
# Pod of the cluster gets AWS credentials. To remove the issuer on purpose, remove prevent_destroy.

locals {
  paths = toset(["/.well-known/openid-configuration", "/openid/v1/jwks"])
}

resource "aws_apigatewayv2_api" "issuer" {
  name          = local.name
  protocol_type = "HTTP"
  tags          = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_apigatewayv2_integration" "issuer" {
  api_id                 = aws_apigatewayv2_api.issuer.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_alias.live.arn
  payload_format_version = "2.0"
}

# Both documents are public, since AWS reads them without credentials.
resource "aws_apigatewayv2_route" "document" {
  for_each = local.paths

  api_id             = aws_apigatewayv2_api.issuer.id
  route_key          = "GET ${each.key}"
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.issuer.id}"
}

resource "aws_lambda_permission" "document" {
  for_each = local.paths

  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.issuer.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.issuer.execution_arn}/*/*${each.key}"
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/vendedlogs/iam-authenticator/${local.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.issuer.id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  default_route_settings {
    throttling_rate_limit  = coalesce(var.throttle_rate, 100)
    throttling_burst_limit = coalesce(var.throttle_burst, 200)
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      time               = "$context.requestTime"
      requestId          = "$context.requestId"
      sourceIp           = "$context.identity.sourceIp"
      method             = "$context.httpMethod"
      path               = "$context.path"
      status             = "$context.status"
      responseLatency    = "$context.responseLatency"
      integrationLatency = "$context.integrationLatency"
      integrationError   = "$context.integrationErrorMessage"
      clientSubject      = "$context.identity.clientCert.subjectDN"
    })
  }
}

resource "aws_iam_openid_connect_provider" "issuer" {
  url            = aws_apigatewayv2_api.issuer.api_endpoint
  client_id_list = var.audiences
  tags           = var.tags

  lifecycle {
    prevent_destroy = true
  }

  # IAM reads the documents when it creates the provider: publish a key before.
  depends_on = [aws_apigatewayv2_route.document, aws_apigatewayv2_stage.default, aws_lambda_permission.document]
}
