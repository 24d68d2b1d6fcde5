//! What tokens cost: a dated table, shipped as data and overridden by the operator.

use gathering_domain::{Cost, MicroUsd, TokenUsage};
use serde::Deserialize;

use crate::{ModelRequest, estimate_request};

/// The most tokens that an answer under a cost limit may have where neither its agent nor the row
/// of its model's price says more or less.
pub const USUAL_MAX_OUTPUT_TOKENS: u32 = 8_192;

/// How many times the estimated tokens of a request are reserved. The estimate lies at or above real
/// counts for prose and code, and may lie below for scripts that vocabularies cut small.
const INPUT_MARGIN: u64 = 2;

const SHIPPED: &str = include_str!("../data/prices.toml");

/// Prices of models by provider kind. What is not listed is unknown, never free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    date: String,
    rows: Vec<Row>,
}

/// What a million tokens of one model cost, in micro-USD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Read by the model, from no cache.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
    /// Read from the provider's cache.
    pub cache_read: u64,
    /// Written to the provider's cache.
    pub cache_write: u64,
    /// The most tokens of an answer that nobody bounds; not a price, but of the same row.
    pub max_output: u32,
}

/// A table that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPrices {
    /// Not the format.
    #[error("could not read the price table")]
    Format(#[source] Box<toml::de::Error>),
    /// A price that is none.
    #[error(
        "the price of `{provider}/{model}` is not between 0 and {PRICE_LIMIT} dollars per million tokens"
    )]
    Amount {
        /// The row's provider kind.
        provider: String,
        /// The row's model.
        model: String,
    },
}

/// The highest price that is believed, in dollars per million tokens.
const PRICE_LIMIT: f64 = 100_000.0;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    provider: String,
    /// Exact, or a prefix before `*`.
    model: String,
    price: Price,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    date: String,
    #[serde(default)]
    price: Vec<RowText>,
}

/// One row as people write it: dollars per million tokens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowText {
    provider: String,
    model: String,
    input: f64,
    output: f64,
    cache_read: Option<f64>,
    cache_write: Option<f64>,
    max_output: Option<u32>,
}

impl Prices {
    /// The table that this version ships.
    pub fn shipped() -> Self {
        Self::from_toml(SHIPPED).expect("the shipped table is read by a test")
    }

    /// Reads a table: `date = "2026-11-01"`, then `[[price]]` rows with `provider`, `model` (a
    /// trailing `*` stands for any ending), and dollars per million tokens: `input`, `output`,
    /// `cache_read` and `cache_write` (the input price if absent). `max_output` is the most tokens that
    /// an answer under a cost limit may have where its agent sets no bound.
    pub fn from_toml(text: &str) -> Result<Self, InvalidPrices> {
        let table: Table =
            toml::from_str(text).map_err(|error| InvalidPrices::Format(Box::new(error)))?;
        let rows = table.price.into_iter().map(RowText::read).collect::<Result<_, _>>()?;
        Ok(Self { date: table.date, rows })
    }

    /// The same table with the operator's rows before the own ones.
    pub fn overridden_by(mut self, operator: Self) -> Self {
        self.rows.retain(|row| {
            !operator.rows.iter().any(|o| o.provider == row.provider && o.matches(&row.model))
        });
        self.rows.extend(operator.rows);
        self
    }

    /// The day on which the table was true.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The price of a model of a provider kind; the row with the longest match counts.
    pub fn find(&self, kind: &str, model: &str) -> Option<Price> {
        let fitting = self.rows.iter().filter(|row| row.provider == kind && row.matches(model));
        fitting.max_by_key(|row| (!row.model.ends_with('*'), row.model.len())).map(|row| row.price)
    }

    /// What one call cost; one unpriced call if the price is unknown.
    pub fn cost(&self, kind: &str, model: &str, usage: &TokenUsage) -> Cost {
        match self.find(kind, model) {
            Some(price) => Cost { known: price.of(usage), unpriced_calls: 0 },
            None => Cost { known: MicroUsd::ZERO, unpriced_calls: 1 },
        }
    }

    /// What a call cost; one unpriced call if the price is unknown, or what was used.
    pub fn cost_of(&self, kind: &str, model: &str, used: Option<&TokenUsage>) -> Cost {
        match used {
            Some(used) => self.cost(kind, model, used),
            None if self.find(kind, model).is_some_and(|price| price.is_free()) => Cost::default(),
            None => Cost { known: MicroUsd::ZERO, unpriced_calls: 1 },
        }
    }

    /// The most that a request can cost: what a budget reserves before it is sent. `None` if the price
    /// is unknown. A request without a bound of its answer counts that of [`usual_output`].
    ///
    /// [`usual_output`]: Self::usual_output
    pub fn most(&self, kind: &str, request: &ModelRequest) -> Option<MicroUsd> {
        let price = self.find(kind, &request.model)?;
        let input = estimate_request(request).tokens.saturating_mul(INPUT_MARGIN);
        let output = u64::from(request.max_output_tokens.unwrap_or(price.max_output));
        let dearest = price.input.max(price.cache_read).max(price.cache_write);
        Some(micro_usd(&[(input, dearest), (output, price.output)]))
    }

    /// The bound that an answer of a model gets where its agent sets none. `None` if its price is
    /// unknown or nothing, so that nothing needs to be bounded.
    pub fn usual_output(&self, kind: &str, model: &str) -> Option<u32> {
        let price = self.find(kind, model)?;
        (!price.is_free()).then_some(price.max_output)
    }
}

impl Price {
    /// Whether no token costs anything.
    pub const fn is_free(&self) -> bool {
        matches!(self, Self { input: 0, output: 0, cache_read: 0, cache_write: 0, .. })
    }

    /// What these tokens cost, rounded up to a whole micro-USD.
    pub fn of(&self, usage: &TokenUsage) -> MicroUsd {
        let cached = usage.cache_read.saturating_add(usage.cache_write);
        micro_usd(&[
            (usage.input.saturating_sub(cached), self.input),
            (usage.cache_read, self.cache_read),
            (usage.cache_write, self.cache_write),
            (usage.output, self.output),
        ])
    }
}

/// Sums tokens times price per million.
fn micro_usd(items: &[(u64, u64)]) -> MicroUsd {
    let sum: u128 =
        items.iter().map(|(tokens, price)| u128::from(*tokens) * u128::from(*price)).sum();
    MicroUsd(i64::try_from(sum.div_ceil(1_000_000)).unwrap_or(i64::MAX))
}

impl Row {
    fn matches(&self, model: &str) -> bool {
        match self.model.strip_suffix('*') {
            Some(prefix) => model.starts_with(prefix),
            None => model == self.model,
        }
    }
}

impl RowText {
    fn read(self) -> Result<Row, InvalidPrices> {
        let amount = |dollars: f64| {
            if (0.0..=PRICE_LIMIT).contains(&dollars) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "within 0 and 10^11 by the check above"
                )]
                let micros = (dollars * 1_000_000.0).round() as u64;
                Ok(micros)
            } else {
                Err(InvalidPrices::Amount {
                    provider: self.provider.clone(),
                    model: self.model.clone(),
                })
            }
        };
        let price = Price {
            input: amount(self.input)?,
            output: amount(self.output)?,
            cache_read: amount(self.cache_read.unwrap_or(self.input))?,
            cache_write: amount(self.cache_write.unwrap_or(self.input))?,
            max_output: self.max_output.unwrap_or(USUAL_MAX_OUTPUT_TOKENS),
        };
        Ok(Row { provider: self.provider, model: self.model, price })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    const TABLE: &str = r#"
        date = "2026-11-01"
        [[price]]
        provider = "anthropic"
        model = "claude-sonnet-4*"
        input = 3
        output = 15.0
        cache_read = 0.3
        cache_write = 3.75
        max_output = 2000
        [[price]]
        provider = "anthropic"
        model = "claude-sonnet-4-9"
        input = 4
        output = 20
        [[price]]
        provider = "scripted"
        model = "*"
        input = 0
        output = 0
    "#;

    #[test]
    fn shipped_table_reads() {
        let prices = Prices::shipped();
        assert!(!prices.rows.is_empty());
        assert_eq!(prices.date().len(), "2026-11-01".len());
        let zero = prices.find("scripted", "demo").unwrap();
        assert_eq!((zero.input, zero.output), (0, 0));
    }

    #[test]
    fn unknown_price_is_unknown_and_never_zero() {
        let prices = Prices::from_toml(TABLE).unwrap();
        let usage = TokenUsage { input: 1_000, output: 10, ..TokenUsage::default() };
        let unknown = Cost { known: MicroUsd::ZERO, unpriced_calls: 1 };
        assert_eq!(prices.cost("openai", "gpt-5", &usage), unknown);
        assert_eq!(prices.cost("anthropic", "claude-opus", &usage), unknown);
        assert_eq!(prices.most("openai", &ModelRequest::new("gpt-5", vec![])), None);
        assert_eq!(prices.cost("scripted", "demo", &usage), Cost::default());
    }

    #[test]
    fn models_on_machines_of_ones_own_cost_nothing() {
        let prices = Prices::shipped();
        let usage = TokenUsage { input: 1_000, output: 10, ..TokenUsage::default() };
        for kind in ["scripted", "llama_cpp", "ollama", "vllm"] {
            assert_eq!(prices.cost(kind, "any", &usage), Cost::default(), "{kind}");
        }
    }

    #[test]
    fn cached_tokens_have_their_own_price() {
        let prices = Prices::from_toml(TABLE).unwrap();
        let usage = TokenUsage {
            input: 1_000_000,
            output: 100_000,
            cache_read: 500_000,
            cache_write: 100_000,
            reasoning: 50_000,
        };
        // 0.4 of 3 dollars, 0.5 of 0.30, 0.1 of 3.75, 0.1 of 15; reasoning is part of the output.
        let cost = prices.cost("anthropic", "claude-sonnet-4-5", &usage);
        assert_eq!(cost.known, MicroUsd(1_200_000 + 150_000 + 375_000 + 1_500_000));
    }

    #[test]
    fn what_is_reserved_is_the_dearest_that_the_request_allows() {
        let prices = Prices::from_toml(TABLE).unwrap();
        let text = "word ".repeat(500);
        let mut request = ModelRequest::new("claude-sonnet-4-5", vec![Message::user(text)]);
        let input = estimate_request(&request).tokens * INPUT_MARGIN;
        assert!(input >= 1_000);
        for (bound, output) in [(Some(100_000), 100_000), (None, 2_000)] {
            request.max_output_tokens = bound;
            // Writing to the cache is the dearest that can happen to input.
            let most = (input * 3_750_000 + output * 15_000_000).div_ceil(1_000_000);
            assert_eq!(prices.most("anthropic", &request).unwrap().0, i64::try_from(most).unwrap());
        }
        assert_eq!(prices.usual_output("anthropic", "claude-sonnet-4-5"), Some(2_000));
        let usual = prices.usual_output("anthropic", "claude-sonnet-4-9");
        assert_eq!(usual, Some(USUAL_MAX_OUTPUT_TOKENS));
        assert_eq!(prices.usual_output("scripted", "demo"), None);
        assert_eq!(prices.usual_output("openai", "gpt-5"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_usage_within_the_request_costs_more_than_its_reservation(
            text in ".{0,400}", bound in 1_u32..100_000, read in 0.0..=1.0_f64,
            (cached, written, wrote) in (0.0..=1.0_f64, 0.0..=1.0_f64, 0.0..=1.0_f64),
        ) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small number")]
            let share = |of: u64, part: f64| (of as f64 * part) as u64;
            let prices = Prices::from_toml(TABLE).unwrap();
            let mut request = ModelRequest::new("claude-sonnet-4-5", vec![Message::user(text)]);
            request.max_output_tokens = Some(bound);
            let input = share(estimate_request(&request).tokens * INPUT_MARGIN, read);
            let cache_read = share(input, cached);
            let cache_write = share(input - cache_read, written);
            let output = share(u64::from(bound), wrote);
            let used = TokenUsage { input, output, cache_read, cache_write, reasoning: 0 };
            let cost = prices.cost("anthropic", "claude-sonnet-4-5", &used).known;
            proptest::prop_assert!(cost <= prices.most("anthropic", &request).unwrap());
        }
    }

    #[test]
    fn a_call_without_usage_has_an_unknown_cost_unless_it_is_free() {
        let prices = Prices::from_toml(TABLE).unwrap();
        let unknown = Cost { known: MicroUsd::ZERO, unpriced_calls: 1 };
        assert_eq!(prices.cost_of("anthropic", "claude-sonnet-4-5", None), unknown);
        assert_eq!(prices.cost_of("scripted", "demo", None), Cost::default());
        let nothing = TokenUsage::default();
        let told = prices.cost_of("anthropic", "claude-sonnet-4-5", Some(&nothing));
        assert_eq!(told, Cost::default());
    }

    #[test]
    fn longest_match_wins_and_a_fraction_rounds_up() {
        let prices = Prices::from_toml(TABLE).unwrap();
        let one = TokenUsage { input: 1, ..TokenUsage::default() };
        assert_eq!(prices.find("anthropic", "claude-sonnet-4-9").unwrap().input, 4_000_000);
        assert_eq!(prices.find("anthropic", "claude-sonnet-4-9b").unwrap().input, 3_000_000);
        let tenth =
            Price { input: 100_000, output: 0, cache_read: 0, cache_write: 0, max_output: 1 };
        assert_eq!(tenth.of(&one), MicroUsd(1));
    }

    #[test]
    fn operator_rows_replace_shipped_ones() {
        let operator = r#"
            date = "2026-11-20"
            [[price]]
            provider = "anthropic"
            model = "claude-*"
            input = 1
            output = 2
        "#;
        let prices =
            Prices::from_toml(TABLE).unwrap().overridden_by(Prices::from_toml(operator).unwrap());
        assert_eq!(prices.find("anthropic", "claude-sonnet-4-9").unwrap().input, 1_000_000);
        assert_eq!(prices.find("scripted", "demo").unwrap().input, 0);
    }

    #[test]
    fn nonsense_is_refused() {
        for row in [
            "max_output = -1",
            "input = -1",
            "input = nan",
            "input = 1e9",
            "inptu = 1",
            "input = \"1\"",
        ] {
            let text = format!(
                "date = \"d\"\n[[price]]\nprovider = \"a\"\nmodel = \"b\"\noutput = 1\n{row}\n"
            );
            assert!(Prices::from_toml(&text).is_err(), "{row}");
        }
    }
}
