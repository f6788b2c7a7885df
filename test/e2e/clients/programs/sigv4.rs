// Prints a token by the crate aws-sigv4. Arguments: cluster, region, and how many seconds the URL is valid.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::env::{args, var};
use std::time::{Duration, SystemTime};

fn main() {
    let args: Vec<String> = args().collect();
    let (id, secret) = (var("AWS_ACCESS_KEY_ID").unwrap(), var("AWS_SECRET_ACCESS_KEY").unwrap());
    let identity = Credentials::new(id, secret, var("AWS_SESSION_TOKEN").ok(), None, "environment").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(Duration::from_secs(args[3].parse().unwrap()));
    let params = SigningParams::builder().identity(&identity).region(&args[2]).name("sts").time(SystemTime::now());
    let params = params.settings(settings).build().unwrap().into();
    let url = format!("https://sts.{}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15", args[2]);
    let headers = [("x-k8s-aws-id", args[1].as_str())];
    let signable = SignableRequest::new("GET", &url, headers.into_iter(), SignableBody::Bytes(&[])).unwrap();
    let mut request = http::Request::get(&url).body(()).unwrap();
    sign(signable, &params).unwrap().into_parts().0.apply_to_request_http1x(&mut request);
    println!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(request.uri().to_string()));
}
