//! One field of a line of cron: what may stand in it, and the items of its list.

/// One of the six fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Kind {
    /// How messages call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "day of the week",
        }
    }

    /// The values that may be written.
    const fn range(self) -> (u8, u8) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }

    /// The last value of `*`: Sunday is counted once.
    const fn last_of_all(self) -> u8 {
        if matches!(self, Self::Weekday) { 6 } else { self.range().1 }
    }

    /// What is allowed, for a message.
    const fn allowed(self) -> &'static str {
        match self {
            Self::Second | Self::Minute => "0-59",
            Self::Hour => "0-23",
            Self::Day => {
                "1-31, L (the last day), LW (the last weekday) and 15W (the weekday nearest to the 15th)"
            }
            Self::Month => "1-12 and JAN-DEC",
            Self::Weekday => {
                "0-7 (0 and 7 are Sunday), SUN-SAT, FRI#2 (the second Friday) and FRIL (the last Friday)"
            }
        }
    }

    /// Reads a number or a name.
    fn value(self, text: &str) -> Result<u8, String> {
        let position =
            |names: &[&str]| names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = match self {
            Self::Month => position(&MONTHS).map(|at| at + 1),
            Self::Weekday => position(&WEEKDAYS),
            Self::Second | Self::Minute | Self::Hour | Self::Day => None,
        };
        if let Some(value) = named.and_then(|value| u8::try_from(value).ok()) {
            return Ok(value);
        }
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let value: Option<u8> = digits.then(|| text.parse().ok()).flatten();
        let (least, most) = self.range();
        match value {
            Some(value) if (least..=most).contains(&value) => Ok(value),
            _ => Err(format!("`{text}` is not allowed; allowed are {}", self.allowed())),
        }
    }
}

/// One element of a field's list. Weekdays count from Sunday, 0, to Saturday, 6; a range may end
/// with Sunday, 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// `*`, `?` or `*/2`.
    All { step: u8 },
    /// `5`.
    One(u8),
    /// `1-5` or `1-5/2`.
    Range { from: u8, to: u8, step: u8 },
    /// `L`.
    LastDay,
    /// `LW`.
    LastWorkday,
    /// `15W`.
    Nearest(u8),
    /// `FRI#2`.
    Nth { weekday: u8, n: u8 },
    /// `FRIL`.
    LastOf(u8),
}

/// A field that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// Bit *v* is set if the value *v* fits, whatever the month.
    pub(crate) bits: u64,
    /// The list as it was written.
    pub(crate) items: Vec<Item>,
}

impl Field {
    /// The field of exactly one value.
    pub(crate) fn of(value: u8) -> Self {
        Self { bits: 1 << value, items: vec![Item::One(value)] }
    }

    /// Reads the text of a field; the message leaves out which field it is.
    pub(crate) fn parse(kind: Kind, text: &str) -> Result<Self, String> {
        let items: Vec<Item> =
            text.split(',').map(|item| parse_item(kind, item)).collect::<Result<_, _>>()?;
        let bits = items.iter().fold(0, |bits, item| bits | item.bits(kind));
        Ok(Self { bits, items })
    }

    /// Whether it says nothing: `*`, or `?` in fields of days.
    pub(crate) fn is_star(&self) -> bool {
        self.items == [Item::All { step: 1 }]
    }

    /// Whether it was written with a star, or lets every value pass.
    pub(crate) fn recurs(&self, kind: Kind) -> bool {
        self.items.iter().any(|item| matches!(item, Item::All { .. }))
            || self.bits == (Item::All { step: 1 }).bits(kind)
    }

    /// The smallest value from `at` on.
    pub(crate) fn first_from(&self, at: u32) -> Option<u32> {
        let bits = self.bits.checked_shr(at)?;
        (bits != 0).then(|| at + bits.trailing_zeros())
    }

    /// Whether the value is among those that fit whatever the month.
    pub(crate) fn has(&self, value: u32) -> bool {
        self.bits >> value & 1 == 1
    }

    /// The values that fit whatever the month, rising.
    pub(crate) fn values(&self) -> impl Iterator<Item = u32> {
        (0..u64::BITS).filter(|value| self.has(*value))
    }
}

impl Item {
    fn bits(self, kind: Kind) -> u64 {
        let all = |from: u8, to: u8, step: u8| {
            (from..=to).step_by(usize::from(step)).fold(0, |bits: u64, value| {
                let value = if kind == Kind::Weekday { value % 7 } else { value };
                bits | 1 << value
            })
        };
        match self {
            Self::All { step } => all(kind.range().0, kind.last_of_all(), step),
            Self::One(value) => all(value, value, 1),
            Self::Range { from, to, step } => all(from, to, step),
            Self::LastDay
            | Self::LastWorkday
            | Self::Nearest(_)
            | Self::Nth { .. }
            | Self::LastOf(_) => 0,
        }
    }
}

fn parse_item(kind: Kind, text: &str) -> Result<Item, String> {
    if text.is_empty() {
        return Err(
            "the list has an empty element; write values with one comma between them".to_owned()
        );
    }
    if let Some(item) = parse_special(kind, text)? {
        return Ok(item);
    }
    let (what, step) = match text.split_once('/') {
        Some((what, step)) => (what, Some(parse_step(kind, step)?)),
        None => (text, None),
    };
    let is_day = matches!(kind, Kind::Day | Kind::Weekday);
    if what == "*" || (what == "?" && is_day && step.is_none()) {
        return Ok(Item::All { step: step.unwrap_or(1) });
    }
    if let Some((from, to)) = what.split_once('-') {
        return parse_range(kind, from, to, step.unwrap_or(1));
    }
    let value = kind.value(what)?;
    if let Some(step) = step {
        let most = kind.last_of_all();
        return Err(format!(
            "`{text}` has a step without a range; write `{what}-{most}/{step}` to begin at {what}"
        ));
    }
    Ok(Item::One(if kind == Kind::Weekday { value % 7 } else { value }))
}

fn parse_step(kind: Kind, text: &str) -> Result<u8, String> {
    let (least, _) = kind.range();
    let most = kind.last_of_all() - least;
    let step: Option<u8> = text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    step.filter(|step| (1..=most).contains(step)).ok_or_else(|| {
        format!(
            "a step of `{text}` is not allowed; here it is between 1 and {most}, counted anew within each {}",
            match kind {
                Kind::Second => "minute",
                Kind::Minute => "hour (for longer steps write an interval)",
                Kind::Hour => "day (for longer steps write an interval)",
                Kind::Day => "month",
                Kind::Month => "year",
                Kind::Weekday => "week",
            }
        )
    })
}

fn parse_range(kind: Kind, from: &str, to: &str, step: u8) -> Result<Item, String> {
    let (first, last) = (kind.value(from)?, kind.value(to)?);
    // As the end of a range Sunday comes after Saturday.
    let ends_on_sunday = kind == Kind::Weekday && last == 0 && first > 0;
    let last = if ends_on_sunday { 7 } else { last };
    if first > last {
        let (least, most) = (kind.range().0, kind.last_of_all());
        return Err(format!(
            "the range `{from}-{to}` runs backwards; write `{from}-{most},{least}-{to}` to go over the end"
        ));
    }
    Ok(Item::Range { from: first, to: last, step })
}

/// What only fields of days know: `L`, `LW`, `15W`, `FRI#2`, `FRIL`.
fn parse_special(kind: Kind, text: &str) -> Result<Option<Item>, String> {
    let upper = text.to_ascii_uppercase();
    match kind {
        Kind::Day => match (upper.as_str(), upper.strip_suffix('W')) {
            ("L", _) => Ok(Some(Item::LastDay)),
            ("LW" | "WL", _) => Ok(Some(Item::LastWorkday)),
            (_, Some(day)) => kind.value(day).map(|day| Some(Item::Nearest(day))),
            _ => Ok(None),
        },
        Kind::Weekday => {
            if let Some((weekday, n)) = upper.split_once('#') {
                let n = n.parse().ok().filter(|n| (1..=5).contains(n));
                let n = n.ok_or_else(|| {
                    format!("in `{text}` a number from 1 to 5 belongs behind the `#`")
                })?;
                return Ok(Some(Item::Nth { weekday: kind.value(weekday)? % 7, n }));
            }
            match upper.strip_suffix('L') {
                Some("") => {
                    Err("`L` needs a day here: `FRIL` is the last Friday of the month".to_owned())
                }
                Some(weekday) => Ok(Some(Item::LastOf(kind.value(weekday)? % 7))),
                None => Ok(None),
            }
        }
        Kind::Second | Kind::Minute | Kind::Hour | Kind::Month => Ok(None),
    }
}
