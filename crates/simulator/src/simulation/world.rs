//! The world: targets of effects that answer, refuse, fall silent, and count what happened.

use std::collections::BTreeMap;

use gathering_domain::{Advice, Duration, EffectId, EffectKind, MicroUsd, RunId, Usage};
use gathering_engine::{EffectOrder, Input, Payload};

use super::{Event, Simulation};
use crate::{Performed, toy::digest, workload::failure};

/// What has happened, by effect id.
#[derive(Debug, Default)]
pub(super) struct World {
    happened: BTreeMap<EffectId, Payload>,
}

impl World {
    /// The truth about an effect.
    pub(super) fn result(&self, effect_id: EffectId) -> Option<&Payload> {
        self.happened.get(&effect_id)
    }
}

/// How an attempt ends.
enum Fate {
    Well,
    Postponed,
    Refused {
        after: Option<Duration>,
    },
    Fatal,
    /// Nobody who asked knows whether it happened.
    Silent {
        happens: bool,
    },
}

impl Simulation<'_> {
    pub(super) fn perform(&mut self, process: usize, run_id: RunId, order: &EffectOrder) {
        let (key, attempt) = (order.effect.key.clone(), order.attempt);
        let fate = self.fate();
        let reaches = matches!(fate, Fate::Well | Fate::Silent { happens: true });
        let charged = if reaches { self.charge(order) } else { MicroUsd::ZERO };
        if reaches {
            self.happen(run_id, order, charged);
        }
        let usage = Usage {
            cost: gathering_domain::Cost { known: charged, unpriced_calls: 0 },
            tool_calls: u64::from(self.dice.chance(300)),
            ..Usage::default()
        };
        let outcome = |result, usage| Input::Outcome { key: key.clone(), attempt, result, usage };
        let input = match fate {
            Fate::Well => {
                let known = self.world.result(order.effect_id).cloned();
                let output = known.unwrap_or_else(|| self.workload.output(order, &mut self.dice));
                outcome(Ok(output), usage)
            }
            Fate::Refused { after } => {
                outcome(Err(failure("refused", Advice::Retry { after })), Usage::default())
            }
            Fate::Fatal => outcome(Err(failure("invalid", Advice::Fail)), Usage::default()),
            Fate::Silent { .. } => {
                let error = failure("timeout", Advice::Unknown { after: None });
                outcome(Err(error), Usage::default())
            }
            Fate::Postponed => {
                let error = failure("breaker_open", Advice::Retry { after: None });
                let after = self.dice.millis(1, 2_000);
                Input::Postponed { key: key.clone(), attempt, after, error }
            }
        };
        self.answer(process, run_id, input, order.effect.timeout);
    }

    pub(super) fn reconcile(&mut self, process: usize, run_id: RunId, order: &EffectOrder) {
        let answer = if self.dice.chance(self.plan.trouble / 4) {
            Err(failure("unreachable", Advice::Retry { after: None }))
        } else {
            Ok(self.world.result(order.effect_id).cloned())
        };
        let (key, attempt) = (order.effect.key.clone(), order.attempt);
        let input = Input::Reconciled { key, attempt, answer };
        self.answer(process, run_id, input, order.effect.timeout);
    }

    fn fate(&mut self) -> Fate {
        if !self.dice.chance(self.plan.trouble) {
            return Fate::Well;
        }
        match self.dice.below(10) {
            0 | 1 => Fate::Postponed,
            2 | 3 => {
                let after = self.dice.chance(300).then(|| self.dice.millis(1, 3_000));
                Fate::Refused { after }
            }
            4 => Fate::Fatal,
            5..=7 => Fate::Silent { happens: true },
            _ => Fate::Silent { happens: false },
        }
    }

    /// What the target takes for it: never more than was reserved.
    fn charge(&mut self, order: &EffectOrder) -> MicroUsd {
        match order.effect.reserve {
            Some(MicroUsd(most)) if most > 0 => {
                let most = u64::try_from(most).unwrap_or(0);
                MicroUsd(i64::try_from(self.dice.below(most + 1)).unwrap_or(0))
            }
            _ => MicroUsd::ZERO,
        }
    }

    fn happen(&mut self, run_id: RunId, order: &EffectOrder, charged: MicroUsd) {
        let (effect_id, kind) = (order.effect_id, order.effect.kind);
        let known = self.world.happened.contains_key(&effect_id);
        let happened = match kind {
            EffectKind::Pure => false,
            EffectKind::Idempotent => !known,
            EffectKind::Reconcilable | EffectKind::Unsafe => true,
        };
        if happened && !known {
            let output = self.workload.output(order, &mut self.dice);
            self.world.happened.insert(effect_id, output);
        }
        self.history.performed.push(Performed {
            at: self.now,
            run_id,
            key: order.effect.key.clone(),
            effect_id,
            kind,
            input: digest(&order.effect.input),
            charged,
            happened,
        });
    }

    /// Sends an answer back, now and then late, and now and then twice.
    fn answer(&mut self, process: usize, run_id: RunId, input: Input, timeout: Duration) {
        let incarnation = self.processes[process].incarnation;
        let slowness = self.plan.slowness;
        let delay = self.dice.millis(0, slowness).min(timeout);
        // Being put off is this process's own answer, and comes once.
        let put_off = matches!(input, Input::Postponed { .. });
        if !put_off && self.dice.chance(self.plan.duplicates) {
            let later = self.dice.millis(0, slowness * 3);
            let later = Duration::from_micros(delay.micros() + later.micros());
            let input = Box::new(input.clone());
            self.after(later, Event::Input { process, incarnation, run_id, input });
        }
        let input = Box::new(input);
        self.after(delay, Event::Input { process, incarnation, run_id, input });
    }
}
