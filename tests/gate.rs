//! `estrade gate` as a person uses it: files of every kind in, one WAV file and one page out.

use std::fs;
use std::io::{BufReader, Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use estrade_tests::program;
use tempfile::TempDir;

/// How samples are written in a file that a test makes.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Pcm(u16),
    Float,
}

/// A folder for one test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file in it.
    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.path(name), bytes).expect("to write");
        self.path(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.arg("gate").args(args).current_dir(self.0.path());
        command
    }

    /// `estrade gate`, in this folder.
    fn gate(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program starts")
    }

    /// The same; it must succeed. Gives what it said on standard output.
    #[track_caller]
    fn gated(&self, args: &[&str]) -> String {
        let output = self.gate(args);
        assert!(
            output.status.success(),
            "{args:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// The same; it must refuse, in these words, and leave nothing behind.
    #[track_caller]
    fn refused(&self, args: &[&str], wanted: &str) {
        let before = self.names();
        let output = self.gate(args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(
            said.contains(wanted) && said.lines().count() == 1,
            "{args:?}: {said}"
        );
        assert_eq!(self.names(), before, "{args:?} left something");
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("a folder");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<String> = entries
            .map(|e| name(e).to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn head(kind: Kind, rate: u32, channels: u16, bytes: u32) -> Vec<u8> {
    let (code, bits) = match kind {
        Kind::Pcm(bits) => (1_u16, bits),
        Kind::Float => (3, 32),
    };
    let frame = channels * bits / 8;
    let mut head = Vec::new();
    head.extend(b"RIFF");
    head.extend(bytes.saturating_add(36).to_le_bytes());
    head.extend(b"WAVEfmt \x10\0\0\0");
    head.extend(code.to_le_bytes());
    head.extend(channels.to_le_bytes());
    head.extend(rate.to_le_bytes());
    head.extend((rate * u32::from(frame)).to_le_bytes());
    head.extend(frame.to_le_bytes());
    head.extend(bits.to_le_bytes());
    head.extend(b"data");
    head.extend(bytes.to_le_bytes());
    head
}

/// A WAV file of `frames` frames; `sound` gives the n-th frame's sample of a channel.
fn wav(
    kind: Kind,
    rate: u32,
    channels: u16,
    frames: u32,
    sound: impl Fn(u32, u16) -> f64,
) -> Vec<u8> {
    let mut data = Vec::new();
    for n in 0..frames {
        for channel in 0..channels {
            let value = sound(n, channel);
            match kind {
                Kind::Pcm(8) => data.push((128.0 + 127.0 * value).round() as u8),
                Kind::Pcm(bits) => {
                    let full = f64::from(1_u32 << (bits - 1));
                    let value = (value * full).clamp(-full, full - 1.0).round() as i32;
                    data.extend(&value.to_le_bytes()[..usize::from(bits / 8)]);
                }
                Kind::Float => data.extend((value as f32).to_le_bytes()),
            }
        }
    }
    let mut file = head(kind, rate, channels, data.len() as u32);
    file.extend(data);
    file
}

/// The samples of a WAV file that the program wrote, after a look at its head.
fn samples(path: &Path) -> Vec<f32> {
    let file = fs::read(path).expect("an output");
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four"));
    assert_eq!(number(4) as usize + 8, file.len());
    assert_eq!((file[22], number(24)), (1, 48_000), "channels, rate");
    match (file[20], file[34]) {
        (1, 16) => file[44..]
            .chunks_exact(2)
            .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
            .collect(),
        (3, 32) => file[58..]
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().expect("four")))
            .collect(),
        other => panic!("format and bits {other:?}"),
    }
}

fn tone(hertz: f64, rate: u32) -> impl Fn(u32, u16) -> f64 {
    move |n, _| 0.4 * (std::f64::consts::TAU * hertz * f64::from(n) / f64::from(rate)).sin()
}

#[test]
fn any_rate_format_and_number_of_channels_comes_out_as_long_and_in_its_place() {
    let folder = Folder::new();
    let kinds = [
        (Kind::Pcm(16), 48_000, 1),
        (Kind::Pcm(16), 16_000, 1),
        (Kind::Pcm(24), 44_100, 2),
        (Kind::Pcm(24), 48_000, 6),
        (Kind::Pcm(32), 96_000, 3),
        (Kind::Pcm(8), 8_000, 1),
        (Kind::Float, 22_050, 8),
        (Kind::Float, 48_000, 4),
    ];
    for (kind, rate, channels) in kinds {
        let frames = rate + 1234;
        // One hump, centred on 0.5 s, 10 ms long: it has no frequencies that a low rate would not hold.
        let hump = |n: u32, _| {
            let t = (f64::from(n) / f64::from(rate) - 0.5) / 0.005;
            if t.abs() < 1.0 {
                0.25 * (1.0 + (std::f64::consts::PI * t).cos())
            } else {
                0.0
            }
        };
        folder.put("in.wav", &wav(kind, rate, channels, frames, hump));
        let said = folder.gated(&["in.wav", "out.wav", "--off"]);
        let plural = if channels == 1 { "" } else { "s" };
        assert!(
            said.contains(&format!("{channels} channel{plural} at {rate} Hz")),
            "{said}"
        );
        let out = samples(&folder.path("out.wav"));
        let due = (f64::from(frames) * 48_000.0 / f64::from(rate)).round() as usize;
        assert_eq!(out.len(), due, "{kind:?} {rate} {channels}");
        let highest = (0..out.len())
            .max_by(|a, b| out[*a].total_cmp(&out[*b]))
            .expect("samples");
        assert!(
            highest.abs_diff(24_000) <= 12,
            "{kind:?} {rate} {channels}: at {highest}"
        );
        assert!(
            (out[highest] - 0.5).abs() < 0.02,
            "{kind:?} {rate} {channels}: {}",
            out[highest]
        );
    }
}

#[test]
fn switched_off_the_gate_changes_not_one_bit() {
    let folder = Folder::new();
    let file = wav(Kind::Pcm(16), 48_000, 1, 30_001, |n, _| {
        (f64::from(n) * 0.37).sin()
    });
    folder.put("in.wav", &file);
    let said = folder.gated(&["in.wav", "out.wav", "--off"]);
    assert!(
        said.contains("open     100.0 %") && said.contains("disabled 100.0 %"),
        "{said}"
    );
    assert!(fs::read(folder.path("out.wav")).expect("an output") == file);

    folder.gated(&["in.wav", "late.wav", "--off", "--keep-delay"]);
    let (whole, late) = (
        samples(&folder.path("out.wav")),
        samples(&folder.path("late.wav")),
    );
    assert_eq!(late.len(), 30_001 + 1440);
    assert!(late[..1440].iter().all(|sample| *sample == 0.0));
    assert_eq!(late[1440..], whole);
}

#[test]
fn what_the_loudspeaker_played_is_taken_out() {
    let folder = Folder::new();
    let noise = |n: u32| {
        let x = n.wrapping_mul(2_654_435_761).rotate_left(13);
        f64::from(x.wrapping_mul(2_246_822_519) >> 8) / 8_388_608.0 - 1.0
    };
    let played = move |n: u32| 0.1 * noise(n) * (1.1 + (f64::from(n) * 0.0004).sin());
    let frames = 6 * 48_000;
    let television = wav(Kind::Pcm(16), 48_000, 2, frames, |n, _| played(n));
    folder.put("television.wav", &television);
    // The room's answer comes 120 ms later, at half the level.
    let heard = move |n: u32, _| n.checked_sub(5760).map_or(0.0, |n| 0.5 * played(n));
    folder.put("room.wav", &wav(Kind::Float, 48_000, 1, frames, heard));
    let args = [
        "room.wav",
        "out.wav",
        "--off",
        "--far-end",
        "television.wav",
    ];
    folder.gated(&args);
    let out = samples(&folder.path("out.wav"));
    assert_eq!(out.len(), frames as usize);
    let last = 4 * 48_000..out.len();
    let left: f64 = out[last.clone()].iter().map(|s| f64::from(s * s)).sum();
    let came: f64 = last.map(|n| heard(n as u32, 0).powi(2)).sum();
    let down = 10.0 * (came / left).log10();
    assert!(down > 25.0, "{down:.1} dB");

    let args = ["room.wav", "out.wav", "--far-end", "no.wav"];
    folder.refused(&args, "no.wav");
    let short = wav(Kind::Pcm(16), 48_000, 1, 48_000, |n, _| played(n));
    folder.put("short.wav", &short);
    let output = folder.gate(&["room.wav", "out.wav", "--far-end", "short.wav"]);
    let said = text(&output.stderr);
    assert!(
        output.status.success() && said.contains("short.wav ends after 1.0 s"),
        "{said}"
    );
}

#[test]
fn what_is_too_loud_for_sixteen_bits_is_limited_and_told_and_a_float_file_keeps_it() {
    let folder = Folder::new();
    folder.put(
        "in.wav",
        &wav(Kind::Float, 48_000, 1, 4800, |n, _| {
            if n < 100 { 1.5 } else { -0.25 }
        }),
    );
    let said = folder.gated(&["in.wav", "out.wav", "--off"]);
    assert!(
        said.contains("limited 100 samples were louder than 16 bits hold; --float keeps"),
        "{said}"
    );
    let limited = samples(&folder.path("out.wav"));
    assert!(
        limited[..100]
            .iter()
            .all(|sample| (*sample - 1.0).abs() < 1e-4)
    );
    let said = folder.gated(&["in.wav", "out.wav", "--off", "--float"]);
    assert!(!said.contains("limited"), "{said}");
    let kept = samples(&folder.path("out.wav"));
    assert!(kept[..100].iter().all(|sample| *sample == 1.5) && kept[4000] == -0.25);
}

#[test]
fn silence_stays_silence_and_a_clipped_recording_passes() {
    let folder = Folder::new();
    folder.put(
        "silent.wav",
        &wav(Kind::Pcm(16), 48_000, 2, 96_000, |_, _| 0.0),
    );
    folder.gated(&["silent.wav", "out.wav"]);
    let out = samples(&folder.path("out.wav"));
    assert!(out.len() == 96_000 && out.iter().all(|sample| *sample == 0.0));

    let square = |n: u32, _| {
        if (n / 120).is_multiple_of(2) {
            1.0
        } else {
            -1.0
        }
    };
    folder.put(
        "clipped.wav",
        &wav(Kind::Pcm(16), 48_000, 1, 96_000, square),
    );
    folder.gated(&["clipped.wav", "out.wav", "--off"]);
    let out = samples(&folder.path("out.wav"));
    assert_eq!(out.len(), 96_000);
    assert!(
        out.iter()
            .enumerate()
            .all(|(n, sample)| (n / 120 % 2 == 0) == (*sample > 0.0))
    );
}

#[test]
fn a_file_that_was_cut_off_is_taken_as_far_as_it_goes() {
    let folder = Folder::new();
    let file = wav(Kind::Pcm(16), 48_000, 1, 96_000, tone(440.0, 48_000));
    folder.put("in.wav", &file[..44 + 2 * 24_000 + 1]);
    let output = folder.gate(&["in.wav", "out.wav", "--report", "page.html"]);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("warning: in.wav is cut off: it announces 2.000 s and holds 0.500 s"),
        "{said}"
    );
    assert_eq!(samples(&folder.path("out.wav")).len(), 24_000);
    let page = fs::read_to_string(folder.path("page.html")).expect("a page");
    assert!(page.contains("le fichier est incomplet"));

    // A program that wrote to a pipe did not know the length: that is no cut.
    let mut streamed = head(Kind::Pcm(16), 48_000, 1, u32::MAX);
    streamed.extend(&file[44..]);
    folder.put("streamed.wav", &streamed);
    let output = folder.gate(&["streamed.wav", "out.wav"]);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(samples(&folder.path("out.wav")).len(), 96_000);
}

#[test]
fn what_cannot_be_read_is_refused_with_its_reason() {
    let folder = Folder::new();
    folder.put("empty.wav", b"");
    folder.put("head.wav", &head(Kind::Pcm(16), 48_000, 1, 0));
    folder.put("text.wav", b"Dear diary,\n");
    folder.put(
        "ten.wav",
        &wav(Kind::Pcm(16), 48_000, 10, 4800, tone(440.0, 48_000)),
    );
    fs::create_dir(folder.path("folder.wav")).expect("a folder");
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/wall.png");
    for (file, wanted) in [
        ("nothing.wav", "nothing.wav: No such file"),
        ("empty.wav", "empty.wav is empty (0 bytes)"),
        (
            "head.wav",
            "head.wav has a sound file's head but not one sample",
        ),
        (
            "text.wav",
            "text.wav is not a sound file that can be read here",
        ),
        ("ten.wav", "ten.wav has 10 channels; at most 8 can be taken"),
        ("folder.wav", "folder.wav is a folder"),
        (picture, "wall.png has no audio track"),
    ] {
        folder.refused(&[file, "out.wav", "--report", "page.html"], wanted);
    }
}

#[test]
fn what_cannot_be_written_is_refused_with_its_reason() {
    let folder = Folder::new();
    folder.put(
        "in.wav",
        &wav(Kind::Pcm(16), 48_000, 1, 4800, tone(440.0, 48_000)),
    );
    symlink(folder.path("in.wav"), folder.path("link.wav")).expect("a link");
    symlink("/dev/null", folder.path("device.wav")).expect("a link");
    let locked = folder.put("locked.wav", b"precious");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o444)).expect("a mode");
    for (file, wanted) in [
        ("in.wav", "in.wav is the file that is read"),
        ("link.wav", "link.wav is the file that is read"),
        (
            "out.mp3",
            "out.mp3: this file is written as WAV; give it a name that ends in .wav",
        ),
        (
            "no/out.wav",
            "no/out.wav: there is no folder no: make it first",
        ),
        (
            "in.wav/out.wav",
            "in.wav/out.wav: there is no folder in.wav",
        ),
        ("device.wav", "device.wav is there and is no ordinary file"),
        ("locked.wav", "locked.wav is there and is write-protected"),
    ] {
        folder.refused(&["in.wav", file], wanted);
    }
    folder.refused(
        &["in.wav", "out.wav", "--report", "no/page.html"],
        "no/page.html: there is no folder no",
    );
    assert_eq!(fs::read(&locked).expect("a file"), b"precious");
}

#[test]
fn an_output_that_is_there_is_replaced_as_any_new_file() {
    let folder = Folder::new();
    folder.put(
        "in.wav",
        &wav(Kind::Pcm(16), 48_000, 1, 4800, tone(440.0, 48_000)),
    );
    folder.put("out.wav", b"old");
    let made = folder.path("made.wav");
    fs::write(&made, b"as others").expect("to write");
    folder.gated(&["in.wav", "out.wav"]);
    assert_eq!(samples(&folder.path("out.wav")).len(), 4800);
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode(&folder.path("out.wav")), mode(&made));
}

#[test]
fn the_places_of_the_microphones_are_checked() {
    let folder = Folder::new();
    folder.put(
        "in.wav",
        &wav(Kind::Pcm(16), 48_000, 2, 4800, tone(440.0, 48_000)),
    );
    let pair = |x: &str| {
        format!("[[microphone]]\nx = 0\ny = 0\nz = 0\n[[microphone]]\nx = {x}\ny = 0\nz = 0\n")
    };
    folder.put("array.toml", pair("60").as_bytes());
    folder.put(
        "three.toml",
        (pair("60") + "[[microphone]]\nx = 0\ny = 70\nz = 0\n").as_bytes(),
    );
    folder.put("metres.toml", pair("0.06").as_bytes());
    folder.put("typo.toml", pair("60\nw = 3").as_bytes());
    let with = |file| ["in.wav", "out.wav", "--channels-geometry", file];
    for (file, wanted) in [
        (
            "three.toml",
            "three.toml has 3 [[microphone]]s but the sound has 2 channels",
        ),
        ("metres.toml", "stand at the same place"),
        ("typo.toml", "typo.toml, line 7: unknown key 'w'"),
        ("none.toml", "reading none.toml: No such file"),
    ] {
        folder.refused(&with(file), wanted);
    }
    folder.gated(&with("array.toml"));
    assert_eq!(samples(&folder.path("out.wav")).len(), 4800);
}

#[test]
fn a_voice_is_let_through_whatever_the_file_holds_it_in() {
    let folder = Folder::new();
    let said = Command::new("espeak-ng")
        .args(["-v", "fr", "-w"])
        .arg(folder.path("voice.wav"))
        .arg("Mesdames et messieurs, bonsoir. Nous vous écoutons, à Loudéac comme à Brest.")
        .status()
        .expect("espeak-ng");
    assert!(said.success());
    let said = folder.gated(&["voice.wav", "out.wav"]);
    let open = said.lines().find_map(|line| line.strip_prefix("open"));
    let share = open.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    assert!(share.is_some_and(|share| share > 70.0), "{said}");
    let out = samples(&folder.path("out.wav"));
    assert!(out.iter().any(|sample| sample.abs() > 0.02));
}

/// The program reading a pipe into which the test writes: it is at work for as long as the test wishes.
struct Piped {
    child: Child,
    pipe: fs::File,
}

impl Piped {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let made = Command::new("mkfifo").arg(folder.path("pipe")).status();
        assert!(made.is_ok_and(|status| status.success()), "mkfifo");
        let child = folder
            .command(&[&["pipe"], args].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // Opens when the program has.
        let pipe = fs::OpenOptions::new().write(true).open(folder.path("pipe"));
        Self {
            child,
            pipe: pipe.expect("a pipe"),
        }
    }

    /// Writes so many seconds; they have been read when this is done, but for a pipe's length.
    fn write(&mut self, seconds: u32) {
        self.pipe
            .write_all(&head(Kind::Pcm(16), 48_000, 1, u32::MAX))
            .expect("a reader");
        let second = wav(Kind::Pcm(16), 48_000, 1, 48_000, tone(440.0, 48_000)).split_off(44);
        for _ in 0..seconds {
            self.pipe.write_all(&second).expect("a reader");
        }
    }

    /// The most memory it has had, in kB.
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.expect("a number")
    }

    /// Closes the pipe and gives the exit code and what was said.
    fn end(mut self) -> (Option<i32>, String) {
        drop(self.pipe);
        let status = self.child.wait().expect("it ends");
        let mut said = String::new();
        let errors = self.child.stderr.take().expect("stderr was asked for");
        BufReader::new(errors)
            .read_to_string(&mut said)
            .expect("text");
        (status.code(), said)
    }
}

#[test]
fn ctrl_c_leaves_nothing_behind_and_an_old_output_as_it_was() {
    let folder = Folder::new();
    folder.put("out.wav", b"old");
    let mut piped = Piped::start(&folder, &["out.wav", "--report", "page.html"]);
    piped.write(3);
    let id = piped.child.id().to_string();
    let asked = Command::new("kill").args(["-INT", &id]).status();
    assert!(asked.is_ok_and(|status| status.success()));
    let status = piped
        .child
        .wait()
        .expect("it ends while the pipe is still open");
    assert_eq!(status.code(), Some(130));
    let (_, said) = piped.end();
    assert!(said.contains("stopped; nothing was written"), "{said}");
    assert_eq!(folder.names(), ["out.wav", "pipe"]);
    assert_eq!(fs::read(folder.path("out.wav")).expect("a file"), b"old");
}

#[test]
fn memory_does_not_grow_with_the_file() {
    let memory = |seconds: u32| {
        let folder = Folder::new();
        let mut piped = Piped::start(&folder, &["out.wav", "--off", "--report", "page.html"]);
        piped.write(seconds);
        let memory = piped.memory();
        let (code, said) = piped.end();
        assert_eq!(code, Some(0), "{said}");
        assert!(!said.contains("cut off"), "{said}");
        assert_eq!(
            samples(&folder.path("out.wav")).len(),
            48_000 * seconds as usize
        );
        memory
    };
    let (short, long) = (memory(30), memory(300));
    // 270 s more are 52 MB as they are processed; what waits between two threads varies by a few.
    assert!(long < short + 16_000, "{short} kB, then {long} kB");
}

#[test]
fn the_page_is_whole_by_itself_and_speaks_the_language_asked_for() {
    let folder = Folder::new();
    folder.put(
        "a & b.wav",
        &wav(Kind::Pcm(16), 44_100, 2, 88_200, tone(300.0, 44_100)),
    );
    let said = folder.gated(&["a & b.wav", "out.wav", "--report", "page.html"]);
    assert!(said.contains("page.html"), "{said}");
    let page = fs::read_to_string(folder.path("page.html")).expect("a page");
    assert!(
        page.contains("lang=\"fr\"") && page.contains("a &amp; b.wav") && page.contains("44100 Hz")
    );
    assert!(!page.contains("http://") && !page.contains("https://"));
    folder.gated(&[
        "a & b.wav",
        "out.wav",
        "--report",
        "page.html",
        "--lang",
        "en",
    ]);
    let page = fs::read_to_string(folder.path("page.html")).expect("a page");
    assert!(page.contains("lang=\"en\"") && page.contains("what it means"));
}

#[test]
fn a_terminal_sees_how_far_it_is() {
    let folder = Folder::new();
    folder.put(
        "in.wav",
        &wav(Kind::Pcm(16), 48_000, 1, 480_000, tone(300.0, 48_000)),
    );
    let line = format!("{} gate in.wav out.wav", program().display());
    let output = Command::new("script")
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .current_dir(folder.path(""))
        .output()
        .expect("script, of Debian's package bsdutils");
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains(" of 0:10  ") && said.contains("times as fast"),
        "{said}"
    );
    // Of short work a log sees nothing.
    let output = folder.gate(&["in.wav", "out.wav"]);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn the_help_shows_how() {
    let help = Folder::new().gated(&["--help"]);
    for wanted in [
        "Examples:",
        "estrade gate meeting.mp3 clean.wav --report meeting.html",
        "[[microphone]]",
        "30 ms later",
        "--keep-delay",
        "--channels-geometry <FILE.toml>",
    ] {
        assert!(help.contains(wanted), "{wanted}\n{help}");
    }
}
