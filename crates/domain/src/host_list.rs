//! Lists of hosts to which somebody's requests are held.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Fault, HostPattern, Pointer};

/// The most hosts of one list.
pub const MAX_LISTED_HOSTS: usize = 100;

/// Hosts to which requests are held. A request goes where every list that holds for it allows it; where
/// there is no list, nothing is narrowed. A list without hosts allows none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostList {
    /// Whose list it is.
    pub of: ListOwner,
    /// The hosts.
    pub hosts: Vec<HostPattern>,
}

/// Whose list of hosts it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListOwner {
    /// The agent that calls a tool.
    Agent,
    /// The tool, as an agent or a pipeline's node lists it.
    Tool,
    /// The project in which it happens.
    Project,
}

impl HostList {
    /// A list.
    pub const fn new(of: ListOwner, hosts: Vec<HostPattern>) -> Self {
        Self { of, hosts }
    }

    /// Whether `host` (lower case, an address without brackets) at `port` is on the list.
    pub fn allows(&self, host: &str, port: u16) -> bool {
        self.hosts.iter().any(|pattern| pattern.matches(host, port))
    }

    /// Reads the hosts that a person wrote, or says every fault with its place.
    pub fn read_hosts<S: AsRef<str>>(
        place: &Pointer,
        texts: &[S],
    ) -> Result<Vec<HostPattern>, Vec<Fault>> {
        let (mut hosts, mut faults) = (Vec::new(), Vec::new());
        if texts.len() > MAX_LISTED_HOSTS {
            let message = format!("at most {MAX_LISTED_HOSTS} hosts");
            faults.push(Fault::new(place.clone(), "out_of_range", message));
        }
        for (at, text) in texts.iter().enumerate().take(MAX_LISTED_HOSTS) {
            match text.as_ref().parse::<HostPattern>() {
                Ok(host) => hosts.push(host),
                Err(invalid) => {
                    let fault = Fault::new(place.child(at), "invalid_host", invalid.to_string());
                    faults.push(fault);
                }
            }
        }
        if faults.is_empty() { Ok(hosts) } else { Err(faults) }
    }
}

impl fmt::Display for ListOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agent => "agent",
            Self::Tool => "tool",
            Self::Project => "project",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_malformed_host_is_told_with_its_place() {
        let place = Pointer::root().child("egress").child("hosts");
        let texts = ["api.example.com", "https://x", "*.example.com:443", "a b"];
        let faults = HostList::read_hosts(&place, &texts).unwrap_err();
        let places: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(places, ["/egress/hosts/1", "/egress/hosts/3"]);
        let hosts = HostList::read_hosts(&place, &["*.example.com:443"]).unwrap();
        let list = HostList::new(ListOwner::Agent, hosts);
        assert!(list.allows("a.example.com", 443) && !list.allows("a.example.com", 80));
        assert!(!HostList::new(ListOwner::Agent, Vec::new()).allows("a.example.com", 443));
        let many = vec!["a.example"; MAX_LISTED_HOSTS + 1];
        assert_eq!(HostList::read_hosts(&place, &many).unwrap_err()[0].code, "out_of_range");
    }
}
