//! Sound files of any kind that GStreamer opens, read piece by piece at 48 kHz without a clock.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_audio as gst_audio;

use crate::launch;

/// Samples per second of what is read, whatever the file has.
pub const RATE: u32 = 48_000;
/// The most channels that are read.
pub const MAX_CHANNELS: usize = gate::MAX_CHANNELS;

/// How long [`SoundFile::read`] waits before it says [`Next::NotYet`].
const PATIENCE: gst::ClockTime = gst::ClockTime::from_mseconds(100);
/// A file that lasts less than it announces by more than this, and by more than a hundredth, was cut off:
/// less is an encoder's padding, or a guess from the bit rate.
const CUT: Duration = Duration::from_millis(100);

/// Why a sound file cannot be read. Each names the file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refuses.
    #[error("{}: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It cannot hold sound at all.
    #[error("{} is a folder: name a sound file", .0.display())]
    Folder(PathBuf),
    /// There is nothing in it.
    #[error("{} is empty (0 bytes)", .0.display())]
    Empty(PathBuf),
    /// A good head, and nothing after it.
    #[error("{} has a sound file's head but not one sample", .0.display())]
    NoSamples(PathBuf),
    /// No format that is known here.
    #[error("{} is not a sound file that can be read here: {why}", path.display())]
    NotSound {
        /// The file.
        path: PathBuf,
        /// What GStreamer says.
        why: String,
    },
    /// A film without sound, for one.
    #[error("{} has no audio track", .0.display())]
    NoAudio(PathBuf),
    /// A format that is known but not installed.
    #[error("{} needs a decoder that is not installed: {decoder}", path.display())]
    NoDecoder {
        /// The file.
        path: PathBuf,
        /// What is missing, in GStreamer's words.
        decoder: String,
    },
    /// More than [`MAX_CHANNELS`].
    #[error("{} has {channels} channels; at most {MAX_CHANNELS} can be taken: leave some out first", path.display())]
    Channels {
        /// The file.
        path: PathBuf,
        /// As many as it has.
        channels: usize,
    },
    /// The number of channels is another from some place on.
    #[error("{}: from {} on it has {after} channels instead of {before}: cut it there", path.display(), seconds(*at))]
    ChannelsChange {
        /// The file.
        path: PathBuf,
        /// Where.
        at: Duration,
        /// Channels before.
        before: usize,
        /// Channels from there on.
        after: usize,
    },
    /// GStreamer itself fails, or one of its plug-ins is missing.
    #[error("reading {}: {why}", path.display())]
    GStreamer {
        /// The file.
        path: PathBuf,
        /// What it says.
        why: String,
    },
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// In words, as far as it says: container and codec.
    pub format: String,
    /// Samples per second, in the file.
    pub rate: u32,
    /// Channels, 1..=8.
    pub channels: usize,
    /// How long it says that it is.
    pub announced: Option<Duration>,
}

/// What [`SoundFile::read`] has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next<'a> {
    /// Sound at 48 kHz.
    Block {
        /// Interleaved (shape `[n][channels]`, n > 0), nominal range -1.0..=1.0.
        samples: &'a [f32],
        /// 1..=8, the same in every block.
        channels: usize,
    },
    /// Nothing yet: ask again.
    NotYet,
    /// It was read to its end.
    End,
}

/// A sound file that is being read.
#[derive(Debug)]
pub struct SoundFile {
    path: PathBuf,
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
    facts: Option<Facts>,
    announced: Option<Duration>,
    tags: [Option<String>; 2],
    /// What is to come out for what was decoded so far, in samples.
    due: Arc<Mutex<Due>>,
    given: u64,
    block: Vec<f32>,
    /// Why it ended early.
    broken: Option<String>,
    /// What is read, if it is no file on a disk: closed when this goes.
    pipe: Option<File>,
}

/// What GStreamer says when it fails.
#[derive(Debug)]
struct Failure {
    what: String,
    /// Which decoders were looked for in vain, one a line.
    lacks: Option<String>,
}

impl SoundFile {
    /// Opens a file. What it is, and whether it is sound at all, shows with the first samples.
    ///
    /// # Errors
    /// There is no such file, it may not be read, it is empty, or GStreamer does not start.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let (announced, pipe) = look(path)?;
        let failed = |why: String| FileError::GStreamer {
            path: path.to_owned(),
            why,
        };
        gst::init().map_err(|error| failed(error.to_string()))?;
        let first = match pipe {
            None => launch::SOUND_FILE,
            Some(_) => launch::SOUND_PIPE,
        };
        let pipeline = launch::pipeline(&[first, launch::SOUND_DECODE]).map_err(failed)?;
        let source = launch::named(&pipeline, "file").map_err(failed)?;
        match &pipe {
            None => source.set_property("location", path),
            Some(pipe) => source.set_property("fd", pipe.as_raw_fd()),
        }
        let due = Arc::default();
        prepare(&pipeline, &due).map_err(failed)?;
        let file = Self {
            path: path.to_owned(),
            sink: launch::typed(&pipeline, "decoded").map_err(failed)?,
            pipeline,
            facts: None,
            announced,
            tags: [None, None],
            due,
            given: 0,
            block: Vec::new(),
            broken: None,
            pipe,
        };
        // Where it fails, the bus says why, and `read` finds that.
        let _ = file.pipeline.set_state(gst::State::Playing);
        Ok(file)
    }

    /// What the file is; none before the first block.
    #[must_use]
    pub const fn facts(&self) -> Option<&Facts> {
        self.facts.as_ref()
    }

    /// What is not there of the file, in words, once it was read to its end: it was cut off, or is broken
    /// from some place on.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let lasts = time(self.given);
        if let Some(why) = &self.broken {
            return Some(format!(
                "cannot be read after {}: {why}; what is before was taken",
                seconds(lasts)
            ));
        }
        let announced = self.facts.as_ref()?.announced?;
        let cut = lasts + CUT.max(announced / 100) < announced;
        cut.then(|| {
            format!(
                "is cut off: it announces {} and holds {}; what is there was taken",
                seconds(announced),
                seconds(lasts)
            )
        })
    }

    /// The next samples. Waits a tenth of a second at most.
    ///
    /// As many come in all as the file lasts: its samples times 48 000 by its rate, to the nearest.
    ///
    /// # Errors
    /// The file is no sound, or has other channels than can be taken.
    pub fn read(&mut self) -> Result<Next<'_>, FileError> {
        loop {
            let Some(sample) = self.sink.try_pull_sample(PATIENCE) else {
                return self.end();
            };
            let channels = self.take(&sample)?;
            if !self.block.is_empty() {
                return Ok(Next::Block {
                    samples: &self.block,
                    channels,
                });
            }
        }
    }

    /// Reads a sample's data, less what the resampler gives too much; gives its number of channels.
    fn take(&mut self, sample: &gst::Sample) -> Result<usize, FileError> {
        let channels = self.channels_of(sample)?;
        self.block.clear();
        if let Some(Ok(bytes)) = sample.buffer().map(|buffer| buffer.map_readable()) {
            self.block.extend(
                bytes
                    .chunks_exact(size_of::<f32>())
                    .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap_or_default())),
            );
        }
        let room = self.due() - self.given;
        let frames = usize::try_from(room).unwrap_or(usize::MAX);
        self.block.truncate(frames.saturating_mul(channels));
        self.given += (self.block.len() / channels) as u64;
        Ok(channels)
    }

    fn due(&self) -> u64 {
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        due.samples().max(self.given)
    }

    /// A sample's number of channels, which must be that of those before.
    fn channels_of(&mut self, sample: &gst::Sample) -> Result<usize, FileError> {
        let info = sample
            .caps()
            .and_then(|caps| gst_audio::AudioInfo::from_caps(caps).ok());
        let channels = info.map_or(0, |info| info.channels() as usize);
        if let Some(before) = self.facts.as_ref().map(|facts| facts.channels) {
            if before == channels {
                return Ok(channels);
            }
            return Err(FileError::ChannelsChange {
                path: self.path.clone(),
                at: time(self.given),
                before,
                after: channels,
            });
        }
        if !(1..=MAX_CHANNELS).contains(&channels) {
            return Err(FileError::Channels {
                path: self.path.clone(),
                channels,
            });
        }
        let _ = self.listen();
        // Who writes to a pipe does not know yet, or it would be a file.
        let duration = match self.pipe {
            None => self.pipeline.query_duration::<gst::ClockTime>(),
            Some(_) => None,
        };
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let tags: Vec<&str> = self.tags.iter().flatten().map(String::as_str).collect();
        self.facts = Some(Facts {
            format: tags.join(", "),
            rate: due.rate,
            channels,
            announced: self.announced.or(duration.map(Into::into)),
        });
        Ok(channels)
    }

    /// Nothing came: the file is at its end, or broken, or slow.
    fn end(&mut self) -> Result<Next<'_>, FileError> {
        let error = self.listen();
        if error.is_none() && !self.sink.is_eos() {
            return Ok(Next::NotYet);
        }
        let Some(channels) = self.facts.as_ref().map(|facts| facts.channels) else {
            return Err(self.why(error));
        };
        // The resampler may give a sample less than the file lasts.
        let missing = usize::try_from(self.due() - self.given).unwrap_or(0);
        self.broken = self.broken.take().or_else(|| error.map(|error| error.what));
        if missing == 0 || self.broken.is_some() {
            return Ok(Next::End);
        }
        self.given += missing as u64;
        self.block.clear();
        self.block.resize(missing * channels, 0.0);
        Ok(Next::Block {
            samples: &self.block,
            channels,
        })
    }

    /// Reads what the pipeline says; gives the first error.
    fn listen(&mut self) -> Option<Failure> {
        let bus = self.pipeline.bus()?;
        let mut first = None;
        while let Some(message) = bus.pop() {
            if let gst::MessageView::Error(error) = message.view() {
                let lacks = error.error().matches(gst::CoreError::MissingPlugin);
                first.get_or_insert_with(|| Failure {
                    what: error.error().message().trim_end_matches('.').to_owned(),
                    lacks: error.debug().filter(|_| lacks).map(Into::into),
                });
            } else if let gst::MessageView::Tag(tag) = message.view() {
                let tags = tag.tags();
                let [container, codec] = &mut self.tags;
                let said = tags.get::<gst::tags::ContainerFormat>();
                keep(container, said.as_ref().map(|tag| tag.get()));
                let said = tags.get::<gst::tags::AudioCodec>();
                keep(codec, said.as_ref().map(|tag| tag.get()));
            }
        }
        first
    }

    /// Why there was not one sample.
    fn why(&self, error: Option<Failure>) -> FileError {
        let path = self.path.clone();
        match error {
            None => FileError::NoSamples(path),
            Some(Failure { what: why, lacks }) => match lacks.as_deref().and_then(lacking) {
                Some(Lacking::Sound(decoder)) => FileError::NoDecoder { path, decoder },
                Some(Lacking::Picture) => FileError::NoAudio(path),
                None => FileError::NotSound { path, why },
            },
        }
    }
}

impl Drop for SoundFile {
    fn drop(&mut self) {
        // Going to NULL cannot fail for these elements; a pipe is let go even while its writer is silent.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// What GStreamer finds no decoder for.
#[derive(Debug, PartialEq, Eq)]
enum Lacking {
    /// A kind of sound.
    Sound(String),
    /// Only pictures, which are not looked at.
    Picture,
}

/// Reads lines such as `Missing decoder: AC-3 (ATSC A/52) (audio/x-ac3, rate=(int)48000)`.
fn lacking(lines: &str) -> Option<Lacking> {
    let missing = |kind: &'static str| {
        let lines = lines
            .lines()
            .filter_map(|line| line.split_once("Missing decoder: "));
        lines.filter_map(move |(_, rest)| Some(rest.split_once(kind)?.0.to_owned()))
    };
    let sound = missing(" (audio/").next().map(Lacking::Sound);
    let picture = || missing(" (video/").chain(missing(" (image/")).next();
    sound.or_else(|| picture().map(|_| Lacking::Picture))
}

/// What has been decoded, counted before it is resampled.
#[derive(Debug, Default)]
struct Due {
    rate: u32,
    frames: u64,
    /// Samples at 48 kHz of what had another rate before.
    before: u64,
}

impl Due {
    fn add(&mut self, rate: u32, frames: u64) {
        if rate != self.rate {
            self.before = self.samples();
            self.frames = 0;
            self.rate = rate;
        }
        self.frames += frames;
    }

    /// As samples at 48 kHz, to the nearest.
    fn samples(&self) -> u64 {
        let rate = u128::from(self.rate.max(1));
        let exact = u128::from(self.frames) * u128::from(RATE);
        self.before + u64::try_from((exact + rate / 2) / rate).unwrap_or(u64::MAX)
    }
}

/// Sets how to read, and counts what is decoded.
fn prepare(pipeline: &gst::Pipeline, due: &Arc<Mutex<Due>>) -> Result<(), String> {
    // Without a number of channels, as many come out as the file has.
    let raw = gst::Caps::builder("audio/x-raw")
        .field("format", "F32LE")
        .field("layout", "interleaved")
        .field("rate", RATE.cast_signed())
        .build();
    launch::named(pipeline, "raw")?.set_property("caps", raw);
    let decoded = launch::pad(&launch::named(pipeline, "convert")?, "sink")?;
    decoded.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, |_, probe| {
        if let Some(caps) = probe.event().and_then(with_places) {
            probe.data = Some(gst::PadProbeData::Event(gst::event::Caps::new(&caps)));
        }
        gst::PadProbeReturn::Ok
    });
    let due = due.clone();
    decoded.add_probe(gst::PadProbeType::BUFFER, move |pad, probe| {
        let caps = pad.current_caps();
        let info = caps.and_then(|caps| gst_audio::AudioInfo::from_caps(&caps).ok());
        if let (Some(info), Some(buffer)) = (info, probe.buffer()) {
            let frames = buffer.size() as u64 / u64::from(info.bpf().max(1));
            let mut due = due.lock().unwrap_or_else(PoisonError::into_inner);
            due.add(info.rate(), frames);
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// Some files of more than two channels do not say where each one's loudspeaker stands, as GStreamer
/// demands: then none stands anywhere. Gives the caps that say so, if that is missing.
fn with_places(event: &gst::Event) -> Option<gst::Caps> {
    let gst::EventView::Caps(event) = event.view() else {
        return None;
    };
    let mut caps = event.caps_owned();
    let sound = caps.make_mut().structure_mut(0)?;
    let channels = sound.get::<i32>("channels").unwrap_or(0);
    if channels <= 2 || sound.has_field("channel-mask") {
        return None;
    }
    sound.set("channel-mask", gst::Bitmask::new(0));
    Some(caps)
}

fn keep(place: &mut Option<String>, tag: Option<&str>) {
    if let Some(tag) = tag {
        place.get_or_insert_with(|| tag.to_owned());
    }
}

fn time(samples: u64) -> Duration {
    let nanoseconds = (samples % u64::from(RATE)) * 1_000_000_000 / u64::from(RATE);
    Duration::from_secs(samples / u64::from(RATE)) + Duration::from_nanos(nanoseconds)
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// Looks at a file before GStreamer does, whose words for what is wrong help less; gives how long a WAV
/// file says it is, since GStreamer believes the file's size instead; and what it opened, if that is a pipe.
fn look(path: &Path) -> Result<(Option<Duration>, Option<File>), FileError> {
    let failed = |error| FileError::Open {
        path: path.to_owned(),
        error,
    };
    let facts = fs::metadata(path).map_err(failed)?;
    if facts.is_dir() {
        return Err(FileError::Folder(path.to_owned()));
    }
    let file = File::open(path).map_err(failed)?;
    if !facts.is_file() {
        // What is read here would be gone.
        return Ok((None, Some(file)));
    }
    if facts.len() == 0 {
        return Err(FileError::Empty(path.to_owned()));
    }
    let mut head = Vec::new();
    file.take(4096).read_to_end(&mut head).map_err(failed)?;
    Ok((wav_duration(&head), None))
}

/// How long a WAV file says it is, from its first bytes. None where it is another file, or does not know:
/// a program that wrote to a pipe leaves 0 or the highest number.
fn wav_duration(head: &[u8]) -> Option<Duration> {
    let number = |at: usize| Some(u32::from_le_bytes(head.get(at..at + 4)?.try_into().ok()?));
    if head.get(..4)? != b"RIFF" || head.get(8..12)? != b"WAVE" {
        return None;
    }
    let mut bytes_per_second = None;
    let mut at = 12;
    loop {
        let (name, size) = (head.get(at..at + 4)?, number(at + 4)?);
        match name {
            b"fmt " => bytes_per_second = Some(number(at + 16)?),
            b"data" if size == 0 || size >= u32::MAX - 255 => return None,
            b"data" => {
                let rate = f64::from(bytes_per_second.filter(|rate| *rate > 0)?);
                return Duration::try_from_secs_f64(f64::from(size) / rate).ok();
            }
            _ => {}
        }
        // Chunks start at even places.
        at = at.checked_add(8 + usize::try_from(size).ok()?.next_multiple_of(2))?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_due_is_the_nearest_number_of_samples_whatever_the_rates() {
        let mut due = Due::default();
        assert_eq!(due.samples(), 0);
        due.add(44_100, 100_000);
        due.add(44_100, 47_000);
        assert_eq!(due.samples(), 160_000);
        due.add(16_000, 1);
        assert_eq!(due.samples(), 160_003);
    }

    #[test]
    fn a_wav_file_says_how_long_it_is_even_behind_other_chunks() {
        let mut head =
            b"RIFF\xff\xff\0\0WAVEJUNK\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0\x01\0".to_vec();
        head.extend(48_000u32.to_le_bytes());
        head.extend(96_000u32.to_le_bytes());
        head.extend(b"\x02\0\x10\0data");
        assert_eq!(wav_duration(&head), None);
        let with = |size: u32| wav_duration(&[&head[..], &size.to_le_bytes()].concat());
        assert_eq!(with(144_000), Some(Duration::from_millis(1500)));
        assert_eq!([with(0), with(u32::MAX)], [None, None]);
    }

    #[test]
    fn a_film_without_sound_and_a_sound_without_a_decoder_are_told_apart() {
        let film = "no suitable plugins found:\nMissing decoder: H.264 (High) (video/x-h264, width=(int)320)\n";
        let sound = "Missing decoder: AC-3 (ATSC A/52) (audio/x-ac3, rate=(int)48000)\n";
        assert_eq!(lacking(film), Some(Lacking::Picture));
        let wanted = Some(Lacking::Sound("AC-3 (ATSC A/52)".into()));
        assert_eq!(lacking(&format!("{film}{sound}")), wanted);
        assert_eq!(lacking("Missing decoder: a map (application/x-map)"), None);
    }

    proptest! {
        #[test]
        fn no_head_is_too_strange(head in prop::collection::vec(any::<u8>(), 0..200), wav: bool) {
            let start: &[u8] = if wav { b"RIFF\0\0\0\0WAVE" } else { b"" };
            let _ = wav_duration(&[start, &head].concat());
        }
    }
}
