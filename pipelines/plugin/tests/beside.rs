//! The plug-in in a process that has the element of its own, as on a machine where program and plug-in are installed.

use gstreamer as gst;
use gstreamer::prelude::*;
use pipelines::estradegate::EstradeGate;

#[test]
fn a_program_has_its_own_gate_though_the_plug_in_is_there() {
    gst::init().expect("GStreamer");
    let folder = tempfile::tempdir().expect("a folder");
    let test = std::env::current_exe().expect("a test has a path");
    let built = test.with_file_name("libgstestrade.so");
    std::os::unix::fs::symlink(&built, folder.path().join("libgstestrade.so"))
        .unwrap_or_else(|error| panic!("{}: {error}", built.display()));
    gst::Registry::get().scan_path(folder.path());
    let make = || {
        let gate = gst::ElementFactory::make("estradegate").build();
        gate.expect("an element").downcast::<EstradeGate>()
    };
    // The plug-in's own copy of the same code made another type.
    let theirs = make().expect_err("the plug-in's gate is not this program's");
    pipelines::init().expect("all elements");
    let ours = make().expect("the program's own gate");
    assert_ne!(theirs.type_(), ours.type_());
}
