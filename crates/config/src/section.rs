//! The `section!` declaration: from one list of keys, the typed section and its table of keys.

use crate::{key::Key, reader::Reader};

/// A group of keys that stands in one table of the TOML file.
pub(crate) trait Section: Sized {
    /// The name of the table.
    const NAME: &'static str;
    /// What the section is about.
    const DOC: &'static str;
    /// Its keys, in order.
    const KEYS: &'static [Key];

    /// Takes the section's values; `None` if any is at fault, which the reader has noted.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

/// Declares a section: `key: Type = "default" in "least"..."greatest";`, default and bounds
/// optional. The doc comment of a key is the text of the reference page.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $Section:ident($section:literal) {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $Type:ty $(= $default:literal)? $(, $least:literal to $greatest:literal)?;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $Section {
            $( $(#[doc = $doc])+ pub $key: $Type, )+
        }

        impl Section for $Section {
            const NAME: &'static str = $section;
            const DOC: &'static str = concat!($($about),+);
            const KEYS: &'static [Key] = &[
                $( Key {
                    section: $section,
                    name: stringify!($key),
                    kind: <$Type as Setting>::KIND,
                    default: section!(@option $($default)?),
                    bounds: section!(@option $(($least, $greatest))?),
                    secret: <$Type as Setting>::SECRET,
                    doc: concat!($($doc),+),
                }, )+
            ];

            fn read(reader: &mut Reader<'_>) -> Option<Self> {
                let mut keys = Self::KEYS.iter();
                $( let $key = keys.next().and_then(
                    |key| section!(@take reader, key, $Type $(, $least)?)
                ); )+
                Some(Self { $( $key: $key?, )+ })
            }
        }
    };
    (@option) => { None };
    (@option $value:expr) => { Some($value) };
    (@take $reader:ident, $key:ident, $Type:ty) => { $reader.take::<$Type>($key) };
    (@take $reader:ident, $key:ident, $Type:ty, $least:literal) => {
        $reader.take_within::<$Type>($key)
    };
}

pub(crate) use section;
