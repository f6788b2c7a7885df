# The alarms of the CDK stack. Each fires when two of three minutes are bad; denials and no_reviews look at longer times.

locals {
  cluster  = { ClusterId = var.cluster_id }
  function = { FunctionName = aws_lambda_function.authenticator.function_name }
  live     = merge(local.function, { Resource = "${aws_lambda_function.authenticator.function_name}:live" })
  api      = { ApiId = aws_apigatewayv2_api.authenticator.id }
  actions  = var.alarm_email != null ? [aws_sns_topic.notifications[0].arn] : var.alarm_topic_arn != null ? [var.alarm_topic_arn] : []

  alarms = {
    faults = {
      description = "Reviews end without an answer: STS, Parameter Store or EC2 cannot be reached, or the function has a fault. See `reason` in the log."
      namespace   = "LambdaIamAuthenticator"
      metric      = "Reviews"
      dimensions  = merge(local.cluster, { Outcome = "fault" })
      statistic   = "Sum"
      threshold   = 5
    }
    errors = {
      description = "The function itself fails or runs out of time: see its log."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = local.live
      statistic   = "Sum"
      threshold   = 1
    }
    slow = {
      description = "The slowest reviews come near the 5 s that a review may take."
      namespace   = "LambdaIamAuthenticator"
      metric      = "Latency"
      dimensions  = local.cluster
      statistic   = "p99"
      threshold   = 3000
    }
    gateway_errors = {
      description = "The endpoint answers with 5xx, also where the function never ran: see the access log."
      namespace   = "AWS/ApiGateway"
      metric      = "5xx"
      dimensions  = local.api
      statistic   = "Sum"
      threshold   = 5
    }
    sts_throttled = {
      description = "STS limits this account and Region: look for a client that asks too often."
      namespace   = "LambdaIamAuthenticator"
      metric      = "StsThrottled"
      dimensions  = local.cluster
      statistic   = "Sum"
      threshold   = 5
    }
    function_throttled = {
      description = "Lambda refuses to run the function: raise reserved concurrency or the account's limit."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      dimensions  = local.live
      statistic   = "Sum"
      threshold   = 1
    }
    callers_refused = {
      description = "Callers are refused: the token of a kube-apiserver is no longer valid, or a stranger tries."
      namespace   = "LambdaIamAuthenticator"
      metric      = "Reviews"
      dimensions  = merge(local.cluster, { Outcome = "caller_refused" })
      statistic   = "Sum"
      threshold   = 5
    }
    invalid_mappings = {
      description = "A mapping that reviews read is invalid: an identity may be locked out. See mapping_invalid in the log."
      namespace   = "LambdaIamAuthenticator"
      metric      = "InvalidMappings"
      dimensions  = local.cluster
      statistic   = "Sum"
      threshold   = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "simple" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${replace(each.key, "_", "-")}"
  alarm_description   = each.value.description
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic == "Sum" ? "Sum" : null
  extended_statistic  = each.value.statistic == "Sum" ? null : each.value.statistic
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "denials" {
  alarm_name          = "${local.name}-denials"
  alarm_description   = "More denials than usual: mappings or tokens may be wrong since a change, or a caller tries tokens. See `reason` in the log."
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 0.5
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "expr_1"
    label       = "Share of denials"
    expression  = "IF(FILL(denied, 0) >= 5, FILL(denied, 0) / (FILL(denied, 0) + FILL(granted, 0)), 0)"
    return_data = true
  }

  metric_query {
    id = "denied"
    metric {
      namespace   = "LambdaIamAuthenticator"
      metric_name = "Reviews"
      dimensions  = merge(local.cluster, { Outcome = "denied" })
      period      = 300
      stat        = "Sum"
    }
  }

  metric_query {
    id = "granted"
    metric {
      namespace   = "LambdaIamAuthenticator"
      metric_name = "Reviews"
      dimensions  = merge(local.cluster, { Outcome = "granted" })
      period      = 300
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "no_reviews" {
  alarm_name          = "${local.name}-no-reviews"
  alarm_description   = "No accepted caller has asked for 24 h: does kube-apiserver still use this endpoint?"
  alarm_actions       = local.actions
  ok_actions          = local.actions
  tags                = var.tags
  evaluation_periods  = 24
  datapoints_to_alarm = 24
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"

  metric_query {
    id          = "expr_1"
    label       = "Reviews of accepted callers"
    expression  = "FILL(granted, 0) + FILL(denied, 0) + FILL(not_ours, 0) + FILL(throttled, 0)"
    return_data = true
  }

  metric_query {
    id = "granted"
    metric {
      namespace   = "LambdaIamAuthenticator"
      metric_name = "Reviews"
      dimensions  = merge(local.cluster, { Outcome = "granted" })
      period      = 3600
      stat        = "Sum"
    }
  }

  metric_query {
    id = "denied"
    metric {
      namespace   = "LambdaIamAuthenticator"
      metric_name = "Reviews"
      dimensions  = merge(local.cluster, { Outcome = "denied" })
      period      = 3600
      stat        = "Sum"
    }
  }

  metric_query {
    id = "not_ours"
    metric {
      namespace   = "LambdaIamAuthenticator"
      metric_name = "Reviews"
      dimensions  = merge(local.cluster, { Outcome = "not_ours" })
      period      = 3600
      stat        = "Sum"
    }
  }

  metric_query {
    id = "throttled"
    metric {
      namespace   = "LambdaIamAuthenticator"
      metric_name = "Reviews"
      dimensions  = merge(local.cluster, { Outcome = "throttled" })
      period      = 3600
      stat        = "Sum"
    }
  }
}
