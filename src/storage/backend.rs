/*!
Connections to S3, Google Cloud Storage, Azure and web servers.

Credentials and endpoints come from the environment, web identity, container and instance metadata,
as each vendor's own tools read them. `AWS_ENDPOINT_URL` and `AWS_ALLOW_HTTP`, or
`AZURE_STORAGE_USE_EMULATOR`, name a test server.
*/

use std::{sync::Arc, time::Duration};

use object_store::{
    ClientConfigKey, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    client::SpawnedReqwestConnector,
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
    http::HttpBuilder,
};

use super::{
    address::{Address, Scheme},
    background, failure,
};
use crate::error::Result;

/// One request covers at most one part of 8 MiB, whatever the consumer's speed: five minutes are
/// enough at 30 kB/s.
const REQUEST_TIMEOUT: &str = "300 seconds";
const CONNECT_TIMEOUT: &str = "15 seconds";

/// Long enough for a throttled prefix to cool down, short enough that a scheduler's own retry is
/// the better answer to an outage.
fn retries() -> RetryConfig {
    RetryConfig { max_retries: 8, retry_timeout: Duration::from_secs(120), ..Default::default() }
}

/// The client settings that the environment leaves open (`AWS_TIMEOUT` and the like win).
fn client_settings(vendor: &str) -> impl Iterator<Item = (ClientConfigKey, &'static str)> {
    [
        (ClientConfigKey::Timeout, "TIMEOUT", REQUEST_TIMEOUT),
        (ClientConfigKey::ConnectTimeout, "CONNECT_TIMEOUT", CONNECT_TIMEOUT),
    ]
    .into_iter()
    .filter(move |(_, name, _)| std::env::var_os(format!("{vendor}_{name}")).is_none())
    .map(|(key, _, value)| (key, value))
}

pub(super) fn connect(address: &Address) -> Result<Arc<dyn ObjectStore>> {
    let connector = SpawnedReqwestConnector::new(background::handle()?);
    build(address, connector).map_err(|error| failure::on_connect(&error, &address.shown))
}

fn build(
    address: &Address,
    connector: SpawnedReqwestConnector,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let bucket = address.root.split_once("://").map_or("", |(_, bucket)| bucket);
    Ok(match address.scheme {
        Scheme::S3 => {
            let builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
            let builder = client_settings("AWS").fold(builder, |builder, (key, value)| {
                builder.with_config(AmazonS3ConfigKey::Client(key), value)
            });
            Arc::new(builder.with_retry(retries()).with_http_connector(connector).build()?)
        }
        Scheme::Gcs => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
            let builder = client_settings("GOOGLE").fold(builder, |builder, (key, value)| {
                builder.with_config(GoogleConfigKey::Client(key), value)
            });
            Arc::new(builder.with_retry(retries()).with_http_connector(connector).build()?)
        }
        Scheme::Azure => {
            let builder = MicrosoftAzureBuilder::from_env().with_container_name(bucket);
            let builder = client_settings("AZURE").fold(builder, |builder, (key, value)| {
                builder.with_config(AzureConfigKey::Client(key), value)
            });
            Arc::new(builder.with_retry(retries()).with_http_connector(connector).build()?)
        }
        // A web server need not answer range requests, so one body carries the whole file, however
        // long that takes; only one that stands still is given up (`read`). The connector would hold all of a body that is read slowly;
        // without it each request needs a connection of its own (`background`).
        Scheme::Http => {
            let options = ClientOptions::new()
                .with_timeout_disabled()
                .with_connect_timeout(Duration::from_secs(15))
                .with_pool_max_idle_per_host(0)
                .with_allow_http(address.root.starts_with("http://"));
            let builder = HttpBuilder::new().with_url(&address.root).with_retry(retries());
            Arc::new(builder.with_client_options(options).build()?)
        }
        Scheme::File | Scheme::Memory => unreachable!("opened without a connection"),
    })
}
