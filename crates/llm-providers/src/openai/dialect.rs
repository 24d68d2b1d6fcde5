//! Where servers that speak chat completions differ.

/// One server's peculiarities.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    /// The field of the answer's limit.
    pub(super) limit_field: LimitField,
    /// How a wanted shape is said.
    pub(super) structure: Structure,
    /// Whether usage must be asked for.
    pub(super) asks_usage: bool,
    /// How effort is said.
    pub(super) effort: Effort,
    /// Whether thoughts go back with the calls that they led to.
    pub(super) returns_thoughts: bool,
    /// Whether ids of calls have nine letters and digits.
    pub(super) short_ids: bool,
    /// Whether the person behind a request can be named.
    pub(super) names_user: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitField {
    MaxTokens,
    MaxCompletionTokens,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Structure {
    /// `response_format` with the schema.
    Schema,
    /// `response_format` for any object; the schema stands in the system text.
    Object,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// `reasoning_effort`.
    Field,
    /// `reasoning: {effort}`.
    Nested,
    /// Not at all.
    Unsaid,
}

impl Dialect {
    /// What most servers understand.
    pub(crate) const fn compatible() -> Self {
        Self {
            limit_field: LimitField::MaxTokens,
            structure: Structure::Schema,
            asks_usage: true,
            effort: Effort::Field,
            returns_thoughts: false,
            short_ids: false,
            names_user: false,
        }
    }

    /// OpenAI itself.
    pub(crate) const fn openai() -> Self {
        let limit_field = LimitField::MaxCompletionTokens;
        Self { limit_field, names_user: true, ..Self::compatible() }
    }

    /// DeepSeek knows no schema, and wants the thoughts that led to calls back.
    pub(crate) const fn deepseek() -> Self {
        Self {
            structure: Structure::Object,
            effort: Effort::Unsaid,
            returns_thoughts: true,
            ..Self::compatible()
        }
    }

    /// Mistral refuses fields that it does not know, and ids that are not its own.
    pub(crate) const fn mistral() -> Self {
        Self { asks_usage: false, effort: Effort::Unsaid, short_ids: true, ..Self::compatible() }
    }

    /// Groq.
    pub(crate) const fn groq() -> Self {
        Self { limit_field: LimitField::MaxCompletionTokens, ..Self::compatible() }
    }

    /// OpenRouter.
    pub(crate) const fn openrouter() -> Self {
        Self { effort: Effort::Nested, ..Self::compatible() }
    }
}
