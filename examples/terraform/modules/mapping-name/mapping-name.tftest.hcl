# tofu test, or terraform test (1.6 and later)

variables {
  prefix = "/iam-authenticator/prod"
}

run "role" {
  variables {
    arn = "arn:aws:iam::111122223333:role/team/Site.Admin@example"
  }

  assert {
    condition     = output.name == "/iam-authenticator/prod/role/111122223333/site.2eadmin.40example"
    error_message = output.name
  }
}

run "root" {
  variables {
    arn = "arn:aws:iam::111122223333:root"
  }

  assert {
    condition     = output.name == "/iam-authenticator/prod/root/111122223333"
    error_message = output.name
  }
}

run "permission_set" {
  variables {
    account        = "111122223333"
    permission_set = "Read-Only"
  }

  assert {
    condition     = output.name == "/iam-authenticator/prod/sso/111122223333/read-only"
    error_message = output.name
  }
}

run "account" {
  variables {
    account = "111122223333"
  }

  assert {
    condition     = output.name == "/iam-authenticator/prod/account/111122223333"
    error_message = output.name
  }
}

run "an_assumed_role_has_no_mapping" {
  command = plan

  variables {
    arn = "arn:aws:sts::111122223333:assumed-role/Site/alice"
  }

  expect_failures = [var.arn]
}

run "neither_arn_nor_account" {
  command = plan

  expect_failures = [output.name]
}
