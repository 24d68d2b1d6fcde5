//! Sign-in timing: whether the time of a failed sign-in tells if there is such an account.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::Serialize;
use serde_json::json;

use crate::{
    Options, Store, figures,
    http::Client,
    process::{EMAIL, Server},
};

/// Tries of each kind.
const TRIES: usize = 500;
/// Tries of each kind before those that are measured.
const WARM_UP: usize = 20;
/// The bound of the difference of the medians, as a share of the median.
const SHARE_BOUND: f64 = 0.05;
/// The bound of the statistic: chance alone goes beyond it in 27 of 10,000 measurements.
const Z_BOUND: f64 = 3.0;

#[derive(Debug, Serialize)]
struct Row {
    store: Store,
    known_median: Duration,
    unknown_median: Duration,
    /// Of the medians, as a share of that of the known account.
    difference_share: f64,
    /// Of the Mann-Whitney U test; positive if the known account takes longer.
    z: f64,
    within: bool,
}

impl figures::Row for Row {
    fn cells(&self) -> Vec<(&'static str, String)> {
        vec![
            ("store", self.store.name().to_owned()),
            ("known median ms", figures::millis(self.known_median)),
            ("unknown median ms", figures::millis(self.unknown_median)),
            ("difference %", format!("{:+.2}", self.difference_share * 100.0)),
            ("U test z", format!("{:+.2}", self.z)),
            ("bound 5 %, |z| 3", if self.within { "met" } else { "missed" }.to_owned()),
        ]
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for store in options.stores() {
        rows.push(measure(store).await?);
    }
    let title = "failed sign-ins of a known and of unknown accounts, 500 each in turns";
    figures::report("sign-in", title, &rows)
}

async fn measure(store: Store) -> anyhow::Result<Row> {
    let place = store.place().await;
    let folder = gathering_testkit::temp_dir();
    let data_dir = place.directory().unwrap_or_else(|| folder.path().to_owned());
    let server = Server::start(&data_dir, place.url()).await?;
    let mut client = Client::connect(server.address, None).await?;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for n in 0..WARM_UP + TRIES {
        // Of the same length, and in another order each time: what comes first or after what makes
        // no difference between the two.
        let stranger = format!("{n:05}@example.org");
        let order = if n % 2 == 0 { [true, false] } else { [false, true] };
        for is_known in order {
            let email = if is_known { EMAIL } else { &stranger };
            let took = fail(&mut client, email).await?;
            if n >= WARM_UP {
                if is_known { &mut known } else { &mut unknown }.push(took);
            }
        }
    }
    server.kill()?;
    let z = mann_whitney(&known, &unknown);
    known.sort_unstable();
    unknown.sort_unstable();
    let (known_median, unknown_median) =
        (figures::quantile(&known, 0.5), figures::quantile(&unknown, 0.5));
    let difference_share = known_median.as_secs_f64() / unknown_median.as_secs_f64() - 1.0;
    let within = difference_share.abs() < SHARE_BOUND && z.abs() < Z_BOUND;
    Ok(Row { store, known_median, unknown_median, difference_share, z, within })
}

async fn fail(client: &mut Client, email: &str) -> anyhow::Result<Duration> {
    let body = json!({ "email": email, "password": "wrong horse battery" });
    let begun = Instant::now();
    let answer = client.post("/api/v1/auth/login", &body).await?;
    let took = begun.elapsed();
    ensure!(answer.status == 401, "a wrong password was answered {}", answer.status);
    Ok(took)
}

/// The statistic of the Mann-Whitney U test in units of its standard deviation, which for so many
/// samples is normally distributed if both come from one distribution. Equal samples share their rank.
#[expect(clippy::cast_precision_loss, reason = "counts of samples")]
fn mann_whitney(of: &[Duration], others: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> = of.iter().map(|sample| (*sample, true)).collect();
    all.extend(others.iter().map(|sample| (*sample, false)));
    all.sort_unstable();
    let (n, m) = (of.len() as f64, others.len() as f64);
    let (mut ranks, mut ties, mut before) = (0.0, 0.0, 0.0);
    for equal in all.chunk_by(|one, next| one.0 == next.0) {
        let many = equal.len() as f64;
        let own = equal.iter().filter(|(_, is_own)| *is_own).count() as f64;
        ranks += own * (before + f64::midpoint(1.0, many));
        ties += many.powi(3) - many;
        before += many;
    }
    let u = ranks - n * (n + 1.0) / 2.0;
    let total = n + m;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    (u - n * m / 2.0) / variance.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[u64]) -> Vec<Duration> {
        values.iter().map(|value| Duration::from_micros(*value)).collect()
    }

    /// Worked out by hand.
    #[test]
    fn the_statistic_is_that_of_the_textbook() {
        for (of, others, z) in [
            (&[1, 2, 3, 4][..], &[5, 6, 7, 8][..], -2.309_401),
            (&[1, 3, 5, 7], &[2, 4, 6, 8], -0.577_350),
            (&[1, 2, 2, 3], &[2, 2, 3, 4], -1.083_816),
            (&[4, 4], &[4, 5, 4], -0.816_497),
        ] {
            let found = mann_whitney(&samples(of), &samples(others));
            assert!((found - z).abs() < 1e-5, "{of:?} {others:?}: {found}");
            let turned = mann_whitney(&samples(others), &samples(of));
            assert!((turned + z).abs() < 1e-5, "{of:?} {others:?}: {turned}");
        }
    }
}
