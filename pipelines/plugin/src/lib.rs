//! The element `estradegate` as a GStreamer plug-in, `libgstestrade.so`, so that any pipeline can have the
//! gate: `GST_PLUGIN_PATH=FOLDER gst-launch-1.0 … ! estradegate ! …`. The box does not need it: it
//! registers the element in its own process.

// A module of its own, since nobody in Rust is to see the C functions that the macro makes.
mod entry {
    use gstreamer as gst;

    gst::plugin_define!(
        estrade,
        env!("CARGO_PKG_DESCRIPTION"),
        plugin_init,
        env!("CARGO_PKG_VERSION"),
        // The code is MIT or Apache-2.0; of the two GStreamer knows the first, by this name.
        "MIT/X11",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_REPOSITORY")
    );

    fn plugin_init(plugin: &gst::Plugin) -> Result<(), gst::glib::BoolError> {
        pipelines::estradegate::register(Some(plugin))
    }
}
