//! For the fuzz targets alone: reads what a request says of itself.

use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use crate::{answer, client, credentials, extract};

/// Reads the headers as the edge does, in every reading that it has.
pub fn head(headers: &[(&str, &[u8])]) {
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().take(64) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    let _ = credentials::given(&map, true);
    let _ = credentials::given(&map, false);
    let _ = extract::named_project(&map, &Uri::default());
    let _ = answer::traceparent(&map);
    client::read_everything(&map);
}
