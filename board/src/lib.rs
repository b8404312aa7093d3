//! What the box itself is made of: its panel of buttons and lights, its television's remote control line (HDMI-CEC), and
//! its health.
//!
//! It knows pins, levels and time, not what a room or the floor is: `room` says what a press means and what the lights
//! show. Contacts become steady in [`debounce`], presses and holds in [`gestures`], lamps blink in [`lights`], all pure;
//! [`panel`] is their shell, and [`pins`] the only way to the hardware.
//! [`television`] decides when that is switched on and off, [`cec`] does it. [`health`] reads how the machine is; [`systems`] says which of the card's two starts.

mod button;
pub mod cec;
pub mod debounce;
pub mod gestures;
pub mod health;
pub mod lights;
pub mod panel;
pub mod pins;
pub mod systems;
pub mod television;

pub use button::Button;
