//! A row of checks that all run, whatever becomes of the ones before, and one summary of them.

use std::time::{Duration, Instant};

use anyhow::bail;

/// How a check ended, when it did not fail.
pub(crate) enum Ended {
    /// It ran and found nothing.
    Passed,
    /// It, or a part of it, could not run here, and why.
    NotChecked(String),
}

/// The checks of one command.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, anyhow::Result<Ended>, Duration)>,
}

impl Steps {
    /// Runs a check and remembers how it ended.
    pub(crate) fn check(&mut self, name: &str, check: impl FnOnce() -> anyhow::Result<Ended>) {
        println!("\n== {name}");
        let start = Instant::now();
        let ended = check();
        if let Err(error) = &ended {
            println!("{error:#}");
        }
        self.done.push((name.to_owned(), ended, start.elapsed()));
    }

    /// Prints every check with its outcome and time. An error names those that failed.
    pub(crate) fn conclude(self) -> anyhow::Result<()> {
        println!("\n== summary");
        for (name, ended, took) in &self.done {
            let outcome = match ended {
                Ok(Ended::Passed) => "ok".to_owned(),
                Ok(Ended::NotChecked(reason)) => format!("NOT CHECKED: {reason}"),
                Err(_) => "FAILED".to_owned(),
            };
            println!("{:>7.1}s  {name}: {outcome}", took.as_secs_f64());
        }
        let failed: Vec<_> = self
            .done
            .iter()
            .filter(|(_, ended, _)| ended.is_err())
            .map(|(name, _, _)| name.as_str())
            .collect();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_go_on_after_a_failure_and_the_end_names_it() {
        let mut steps = Steps::default();
        steps.check("first", || bail!("broken"));
        steps.check("second", || Ok(Ended::NotChecked("no network".to_owned())));
        steps.check("third", || Ok(Ended::Passed));
        assert_eq!(steps.done.len(), 3);
        assert_eq!(steps.conclude().unwrap_err().to_string(), "failed: first");

        let mut steps = Steps::default();
        steps.check("only", || Ok(Ended::Passed));
        assert!(steps.conclude().is_ok());
    }
}
