# An HTTP API with one route. The function checks the caller's token, since kube-apiserver cannot sign requests.

resource "aws_apigatewayv2_api" "authenticator" {
  name          = local.name
  protocol_type = "HTTP"
  tags          = var.tags
}

resource "aws_apigatewayv2_integration" "authenticator" {
  api_id                 = aws_apigatewayv2_api.authenticator.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_alias.live.arn
  payload_format_version = "2.0"

  # kube-apiserver retries a 500, but not API Gateway's 503 while Lambda throttles. A 307 sends it to the standby. All
  # statuses are mapped, since an update may keep a mapping that is left out.
  dynamic "response_parameters" {
    for_each = ["500", "502", "503", "504"]
    content {
      status_code = response_parameters.value
      mappings = var.failover_url == null || response_parameters.value == "500" ? { "overwrite:statuscode" = "500" } : {
        "overwrite:statuscode"      = "307"
        "overwrite:header.location" = var.failover_url
      }
    }
  }
}

resource "aws_apigatewayv2_route" "authenticate" {
  api_id             = aws_apigatewayv2_api.authenticator.id
  route_key          = "POST /authenticate"
  authorization_type = "NONE"
  target             = "integrations/${aws_apigatewayv2_integration.authenticator.id}"
}

resource "aws_lambda_permission" "api" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.authenticator.function_name
  qualifier     = aws_lambda_alias.live.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.authenticator.execution_arn}/*/*/authenticate"
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/vendedlogs/iam-authenticator/${local.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.authenticator.id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  default_route_settings {
    throttling_rate_limit  = coalesce(var.throttle_rate, var.reserved_concurrency == 0 ? 150 : 200)
    throttling_burst_limit = coalesce(var.throttle_burst, var.reserved_concurrency == 0 ? 50 : 2000)
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
