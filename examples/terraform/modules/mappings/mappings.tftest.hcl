# tofu test, or terraform test (1.6 and later)

variables {
  prefix = "/iam-authenticator/prod"
}

run "one_mapping" {
  variables {
    mappings = [{ account = "111122223333", permissionSet = "ClusterAdmin", groups = ["a&b"], username = "admin:{SessionName}", description = null }]
  }

  assert {
    condition     = output.values == { "/iam-authenticator/prod/sso/111122223333/clusteradmin" = "{\"username\":\"admin:{SessionName}\",\"groups\":[\"a&b\"]}" }
    error_message = jsonencode(output.values)
  }
}

run "none" {
  assert {
    condition     = length(output.values) == 0
    error_message = jsonencode(output.values)
  }
}

run "a_misspelt_key" {
  command = plan

  variables {
    mappings = [{ account = "111122223333", not_after = "2026-12-31T00:00:00Z" }]
  }

  expect_failures = [output.values]
}
