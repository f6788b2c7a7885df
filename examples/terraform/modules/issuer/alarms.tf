# The alarms of the CloudFormation template, without that which rolls a new version back.

locals {
  actions = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "failing" {
  alarm_name          = "${local.name}-failing"
  alarm_description   = "Pods of the cluster ${var.cluster_id} get no AWS credentials: the API of the issuer returns 5xx. What to do: docs/troubleshoot.md#issuer-failing"
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  dimensions          = { ApiId = aws_apigatewayv2_api.issuer.id }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "invalid_keys" {
  alarm_name          = "${local.name}-invalid-keys"
  alarm_description   = "The issuer of the cluster ${var.cluster_id} does not serve all its keys: a parameter has no valid key, or is the 11th. What to do: docs/troubleshoot.md#issuer-invalidkeys"
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
  namespace           = "LambdaIamAuthenticator"
  metric_name         = "InvalidIssuerKeys"
  dimensions          = { ClusterId = var.cluster_id }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
}
