# The alarms of the CloudFormation template, without those that roll a new version back.

locals {
  function = { FunctionName = aws_lambda_function.authenticator.function_name }
  live     = merge(local.function, { Resource = "${aws_lambda_function.authenticator.function_name}:live" })
  failures = [
    { id = "answered", namespace = "AWS/ApiGateway", name = "5xx", dimensions = { ApiId = aws_apigatewayv2_api.authenticator.id } },
    { id = "errors", namespace = "AWS/Lambda", name = "Errors", dimensions = local.live },
    { id = "throttles", namespace = "AWS/Lambda", name = "Throttles", dimensions = local.live },
    { id = "faults", namespace = "LambdaIamAuthenticator", name = "Reviews", dimensions = { ClusterId = var.cluster_id, Outcome = "fault" } },
  ]
  actions = var.alarm_email != null ? [aws_sns_topic.notifications[0].arn] : var.alarm_topic_arn != null ? [var.alarm_topic_arn] : []
}

# Two of three bad minutes. The metric 5xx also counts requests that never reached the function. With failover_url, a
# redirected review is one fault, not five tries.
resource "aws_cloudwatch_metric_alarm" "failing" {
  alarm_name          = "${local.name}-failing"
  alarm_description   = "${var.failover_url == null ? "Logins to the cluster ${var.cluster_id} fail: API Gateway returns 5xx." : "The authenticator of the cluster ${var.cluster_id} fails in this region. Its reviews are redirected to failover_url, except for faults of STS and crashes."} What to do: docs/troubleshoot.md#failing"
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
  namespace           = var.failover_url == null ? "AWS/ApiGateway" : null
  metric_name         = var.failover_url == null ? "5xx" : null
  dimensions          = var.failover_url == null ? { ApiId = aws_apigatewayv2_api.authenticator.id } : null
  statistic           = var.failover_url == null ? "Sum" : null
  period              = var.failover_url == null ? 60 : null
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.failover_url == null ? 5 : 2
  treat_missing_data  = "notBreaching"

  dynamic "metric_query" {
    for_each = var.failover_url == null ? [] : [1]
    content {
      id          = "expr_1"
      label       = "Reviews that this region cannot answer"
      expression  = "FILL(answered, 0) + FILL(errors, 0) + FILL(throttles, 0) + FILL(faults, 0)"
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = [for metric in local.failures : metric if var.failover_url != null]
    content {
      id = metric_query.value.id
      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        period      = 60
        stat        = "Sum"
      }
    }
  }
}

# A quarter: if one of three kube-apiservers has an old token, a third of the requests are refused.
resource "aws_cloudwatch_metric_alarm" "refused" {
  alarm_name          = "${local.name}-refused"
  alarm_description   = "The authenticator of the cluster ${var.cluster_id} refuses a quarter of the requests or more: users are denied, or the token of a kube-apiserver is no longer valid. What to do: docs/troubleshoot.md#refused"
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "expr_1"
    label       = "Requests are refused"
    expression  = "IF(FILL(refused, 0) >= 5 AND FILL(refused, 0) >= 0.25 * invocations, 1, 0)"
    return_data = true
  }

  metric_query {
    id = "refused"
    metric {
      namespace   = "LambdaIamAuthenticator"
      metric_name = "Refused"
      dimensions  = { ClusterId = var.cluster_id }
      period      = 300
      stat        = "Sum"
    }
  }

  metric_query {
    id = "invocations"
    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      dimensions  = local.live
      period      = 300
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "no_reviews" {
  count = var.quiet_hours == null ? 0 : 1

  alarm_name          = "${local.name}-no-reviews"
  alarm_description   = "No kube-apiserver of the cluster ${var.cluster_id} has sent a review for the hours in quiet_hours. What to do: docs/troubleshoot.md#noreviews"
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = local.live
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = var.quiet_hours
  datapoints_to_alarm = var.quiet_hours
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
}
