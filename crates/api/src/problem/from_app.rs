//! From a refusal of a use case to a problem: the only map from the one to the other.

use gathering_app::Error;

use super::Problem;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let problem = Self::new(error.code(), &error);
        match error {
            Error::Invalid { faults, .. } => problem.with_faults(faults),
            Error::Busy { retry_after, .. }
            | Error::Quota { retry_after, .. }
            | Error::StoreUnavailable { retry_after } => problem.after(retry_after),
            Error::Upstream(failure) => match failure.advice.asked_wait() {
                Some(wait) => problem.after(wait),
                None => problem,
            },
            Error::Internal(cause) => problem.because(cause),
            Error::OtherProject { name, caller } => {
                problem.hiding(name, caller.map(|caller| *caller))
            }
            Error::Unauthenticated(_)
            | Error::Forbidden(_)
            | Error::SessionRequired
            | Error::ProjectRequired(_)
            | Error::NotADecider(_)
            | Error::NotFound { .. }
            | Error::Conflict { .. }
            | Error::PreconditionFailed { .. }
            | Error::TooLarge { .. }
            | Error::Limit { .. }
            | Error::HookFailed => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use gathering_domain::{Duration, Failure};

    use super::*;

    #[test]
    fn what_went_wrong_inside_stays_inside() {
        let cause = std::io::Error::other("SELECT * FROM users");
        let problem = Problem::from(Error::internal("read the users", cause));
        assert_eq!((problem.code(), problem.status().as_u16()), ("internal", 500));
        assert!(!problem.detail.contains("SELECT"), "{}", problem.detail);
        assert!(problem.cause().is_some());
    }

    #[test]
    fn whoever_must_wait_is_told_how_long() {
        let busy = Error::Busy { what: "sign-in", retry_after: Duration::from_millis(1_200) };
        assert_eq!(Problem::from(busy).retry_after(), Some(2));
        let away = Problem::from(Error::StoreUnavailable { retry_after: Duration::from_secs(5) });
        assert_eq!((away.status().as_u16(), away.retry_after()), (503, Some(5)));
        let failure = Failure::retryable("rate_limited", "slow down", Some(Duration::from_secs(9)));
        assert_eq!(Problem::from(Error::Upstream(failure)).retry_after(), Some(9));
    }
}
