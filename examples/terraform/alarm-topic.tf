# The SNS topic of alarm_email. AWS sends a mail with a link to the address: only a confirmed subscription receives alarms.

resource "aws_sns_topic" "notifications" {
  count = var.alarm_email == null ? 0 : 1

  name = "${local.function_name}-alarms"
  tags = var.tags

  lifecycle {
    precondition {
      condition     = var.alarm_topic_arn == null
      error_message = "alarm_topic_arn and alarm_email exclude each other: leave one out."
    }
  }
}

resource "aws_sns_topic_subscription" "notifications" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.notifications[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}
