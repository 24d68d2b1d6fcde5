//! The days of a line of cron, in words.

use super::words::{list, ordinal, ranges};
use crate::cron::{Expression, Field, Item};

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// ` on Monday through Friday`, ` on the 1st of January`; for all days as `all` says it.
pub(super) fn of(expression: &Expression, all: &str) -> String {
    let Expression { day, month, weekday, .. } = expression;
    let months: Vec<u32> = month.values().collect();
    let months = (months.len() < 12).then(|| {
        list(&ranges(&months, |month| {
            MONTHS.get(month as usize - 1).copied().unwrap_or("").to_owned()
        }))
    });
    let in_months = months.as_ref().map_or_else(String::new, |months| format!(" in {months}"));
    let all_week = weekday.values().count() == 7;
    match (day.is_star(), weekday.is_star() || (all_week && day.is_star())) {
        (true, true) => format!("{all}{in_months}"),
        (false, true) => {
            format!(" on {} of {}", of_month(day), months.unwrap_or_else(|| "the month".to_owned()))
        }
        (true, false) => format!(" on {}{in_months}", of_week(weekday)),
        (false, false) => {
            let comma = if months.is_some() { "," } else { "" };
            let (day, weekday) = (of_month(day), of_week(weekday));
            format!(" on {day} of the month, as well as on {weekday}{comma}{in_months}")
        }
    }
}

fn of_month(field: &Field) -> String {
    if let [Item::All { step }] = field.items[..] {
        return format!("every {} day", ordinal(step.into()));
    }
    let days: Vec<u32> = field.values().collect();
    let mut items = ranges(&days, ordinal);
    items.extend(field.items.iter().filter_map(|item| match item {
        Item::LastDay => Some("last day".to_owned()),
        Item::LastWorkday => Some("last weekday".to_owned()),
        Item::Nearest(day) => Some(format!("weekday nearest to the {}", ordinal((*day).into()))),
        _ => None,
    }));
    format!("the {}", list(&items))
}

fn of_week(field: &Field) -> String {
    let name = |weekday: u32| WEEKDAYS.get(weekday as usize % 7).copied().unwrap_or("").to_owned();
    // Monday comes first, so that Sunday can end a row.
    let mut weekdays: Vec<u32> = field.values().map(|day| if day == 0 { 7 } else { day }).collect();
    weekdays.sort_unstable();
    let mut items = ranges(&weekdays, name);
    items.extend(field.items.iter().filter_map(|item| match item {
        Item::Nth { weekday, n } => {
            Some(format!("the {} {} of the month", ordinal((*n).into()), name((*weekday).into())))
        }
        Item::LastOf(weekday) => Some(format!("the last {} of the month", name((*weekday).into()))),
        _ => None,
    }));
    list(&items)
}
