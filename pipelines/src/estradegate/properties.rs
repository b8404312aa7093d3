//! The element's properties: one row says all of each.

use std::sync::LazyLock;

use gate::Reason;
use gstreamer::glib;
use gstreamer::prelude::*;

use super::imp::State;

/// A property.
pub(super) struct Property {
    spec: glib::ParamSpec,
    pub(super) get: fn(&State) -> glib::Value,
    /// None: it can only be read.
    pub(super) set: Option<fn(&mut State, &glib::Value)>,
}

/// In the order in which GLib numbers them, from 1.
pub(super) static PROPERTIES: LazyLock<Vec<Property>> = LazyLock::new(|| {
    vec![
        Property {
            spec: switch("muted", "Muted", "Muted by the people in the room", false),
            get: |state| state.muted.to_value(),
            set: Some(|state, value| take(value, &mut state.muted)),
        },
        Property {
            spec: switch("closed", "Closed", "Closed by the conference", false),
            get: |state| state.closed.to_value(),
            set: Some(|state, value| take(value, &mut state.closed)),
        },
        Property {
            spec: switch(
                "enabled",
                "Enabled",
                "Decide who is let through; when off, all sound passes as it came, as late as when on",
                gate::Settings::default().enabled,
            ),
            get: |state| state.settings.enabled.to_value(),
            set: Some(|state, value| take(value, &mut state.settings.enabled)),
        },
        Property {
            spec: glib::ParamSpecFloat::builder("threshold")
                .nick("Threshold")
                .blurb("How sure the gate must be of a voice to open; lower loses fewer first syllables, higher lets fewer whispers through")
                .minimum(0.0)
                .maximum(1.0)
                .default_value(gate::Settings::default().threshold)
                .mutable_playing()
                .build(),
            get: |state| state.settings.threshold.to_value(),
            set: Some(|state, value| take(value, &mut state.settings.threshold)),
        },
        Property {
            spec: switch(
                "suppression",
                "Suppression",
                "Take away noise under a voice",
                gate::Settings::default().suppression,
            ),
            get: |state| state.settings.suppression.to_value(),
            set: Some(|state, value| take(value, &mut state.settings.suppression)),
        },
        Property {
            spec: switch(
                "level-control",
                "Level control",
                "Raise soft voices and lower loud ones",
                gate::Settings::default().level_control,
            ),
            get: |state| state.settings.level_control.to_value(),
            set: Some(|state, value| take(value, &mut state.settings.level_control)),
        },
        Property {
            spec: glib::ParamSpecFloat::builder("comfort-noise")
                .nick("Comfort noise")
                .blurb("Soft noise while closed, in dB of full scale, so that a line does not sound dead; below -90, none")
                .minimum(gate::SILENCE_DBFS)
                .maximum(-50.0)
                .default_value(gate::Settings::default().comfort_noise_dbfs.unwrap_or(gate::SILENCE_DBFS))
                .mutable_playing()
                .build(),
            get: |state| {
                let level = state.settings.comfort_noise_dbfs;
                level.unwrap_or(gate::SILENCE_DBFS).to_value()
            },
            set: Some(|state, value| {
                let mut level = gate::SILENCE_DBFS;
                take(value, &mut level);
                state.settings.comfort_noise_dbfs = (level >= -90.0).then_some(level);
            }),
        },
        Property {
            spec: glib::ParamSpecBoolean::builder("open")
                .nick("Open")
                .blurb("Whether sound is let through; changes are notified")
                .read_only()
                .build(),
            get: |state| reason(state).is_some_and(Reason::is_open).to_value(),
            set: None,
        },
        Property {
            spec: glib::ParamSpecString::builder("reason")
                .nick("Reason")
                .blurb(&format!(
                    "Why it is open or closed; changes are notified. Empty before the first sound, then one of: {}",
                    Reason::ALL.map(Reason::name).join(", ")
                ))
                .default_value(Some(""))
                .read_only()
                .build(),
            get: |state| reason(state).map_or("", Reason::name).to_value(),
            set: None,
        },
        Property {
            spec: glib::ParamSpecFloat::builder("sent-level")
                .nick("Sent level")
                .blurb("Level of the last 20 ms that were let out, in dB of full scale")
                .minimum(gate::SILENCE_DBFS)
                .maximum(0.0)
                .default_value(gate::SILENCE_DBFS)
                .read_only()
                .build(),
            get: |state| {
                let running = state.running.as_ref();
                let level = running.map_or(gate::SILENCE_DBFS, |running| running.gate.sent_dbfs());
                level.to_value()
            },
            set: None,
        },
        Property {
            spec: glib::ParamSpecUInt64::builder("latency")
                .nick("Latency")
                .blurb("How much later sound comes out than it went in, in nanoseconds; its time stamps stay its own")
                .default_value(gate::LATENCY as u64 * 1_000_000_000 / u64::from(gate::RATE))
                .read_only()
                .build(),
            get: |state| state.delay().nseconds().to_value(),
            set: None,
        },
    ]
});

/// What GLib is told of them.
pub(super) static SPECS: LazyLock<Vec<glib::ParamSpec>> =
    LazyLock::new(|| PROPERTIES.iter().map(|row| row.spec.clone()).collect());

fn switch(name: &str, nick: &str, blurb: &str, default: bool) -> glib::ParamSpec {
    glib::ParamSpecBoolean::builder(name)
        .nick(nick)
        .blurb(blurb)
        .default_value(default)
        .mutable_playing()
        .build()
}

/// GLib has checked type and range before; another value would change nothing.
fn take<'a, T>(value: &'a glib::Value, place: &mut T)
where
    T: glib::value::FromValue<'a>,
    <T as glib::value::FromValue<'a>>::Checker: glib::value::ValueTypeChecker,
{
    if let Ok(value) = value.get() {
        *place = value;
    }
}

fn reason(state: &State) -> Option<Reason> {
    state.running.as_ref()?.gate.reason()
}
