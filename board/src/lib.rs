//! What the box itself is made of: its panel of buttons and lights, its television's remote control line (HDMI-CEC), and
//! its health.
//!
//! It knows pins, levels and time, not what a room or the floor is: `room` says what a press means and what the lights show.

pub mod health;
