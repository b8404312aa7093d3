# What people in a room read. Every message is in fr.ftl, too.

you-have-the-floor = You have the floor
has-the-floor = { $room } has the floor
asking = { $place ->
    [1] Floor requested: you are next
   *[other] Floor requested: number { $place } in the queue
}
offered = Any question? “Parole”: yes, “−”: no
minutes-left = { $minutes ->
    [0] Time is up: please conclude
    [1] One minute left
   *[other] { $minutes } minutes left
}
muted = Microphone off
reconnecting = Connection lost, reconnecting…
connecting = Connecting to the bridge…
token-refused = The bridge does not know this room: check its token
no-camera = No camera: the other rooms do not see you
no-microphone = No microphone: the other rooms do not hear you
no-loudspeaker = No loudspeaker
page-code = Code of the box: { $code }
alone = Waiting for the other rooms

# Waiting, before the start.
date = { $weekday } { $day } { $month }, { $hour }:{ $minute }
date-whole-hour = { $weekday } { $day } { $month }, { $hour }:00
weekday = { $n ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
}
month = { $n ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
day-of-month = { $n }
next-evening = Next evening
this-room = This room
check-camera = Camera
check-no-camera = No camera
check-microphone = Microphone
check-open = open
check-no-microphone = No microphone
check-loudspeaker = Loudspeaker
check-no-loudspeaker = No loudspeaker
check-camera-black = Black picture
check-camera-frozen = Frozen picture
check-network-weak = Network too weak
check-clock-wrong = Clock is wrong
check-network = Network
check-no-network = No network
check-decks = Decks { $ready }/{ $all }
rooms-present = Rooms present: { $present } of { $all }

# The rooms are greeted one by one.
welcome = Welcome
welcome-to = Welcome to
people = { $n ->
    [one] { $n } person
   *[other] { $n } people
}

# The speakers.
tonight-with = Tonight with
audience = They listen to you
time-left = { $time } left
deck-coming = The deck is on its way to this room…
page-of = { $page } / { $pages }

# The questions.
question-of = Question from { $room }
your-question = Your question

# Polls and questions by phone.
ask-by-phone = Your questions by phone
vote-here = Vote here
poll = Poll
poll-result = Result of the poll
poll-votes = { $n ->
    [one] { $n } vote
   *[other] { $n } votes
}
vote-by-phone-or-hand = By phone, or raise your hand
vote-by-hand = Raise your hand for your answer
hands-begin = Show of hands: “Écran” to count
hands-up = How many hands for { $answer }?
hands-count = “+” and “−” to count, then “Écran”
hands-last = “+” and “−” to count, “Écran” to finish
hands-counted = Hands are counted, thank you
hands-again = A mistake? “Écran” to count again
thanks-for-voting = Thank you for voting
written-from = Written question from { $room }
applause = Applause

# The end.
thanks = Thank you all
more-rooms = { $n ->
    [one] and one more room
   *[other] and { $n } more rooms
}
followup = To be continued, here in { $room }
followup-text = The conference is over. The advisers of your town answer your questions in this room.

# What the noise gate does.
gate-voice = Voice
gate-hold = Hold
gate-no-voice = Silence
gate-whisper = Whisper
gate-page = Page turned
gate-impact = Knock, cough, keys
gate-far-end = Sound of the loudspeaker
gate-muted = Microphone off
gate-closed = Closed by the conference
gate-disabled = Filter off

# The buttons.
hold-diagnostics = Diagnostics in { $seconds } s
hold-restart = Restart in { $seconds } s: let go to cancel
hold-reset = Reset in { $seconds } s: let go to cancel
restarting = The box restarts…
update-installs = Update: the box restarts by itself
update-waits = Update ready: the box restarts after the evening
forgetting = The box forgets everything and restarts…
button-stuck = The button “{ $button }” is stuck: it counts no longer
button-speak = Speak
button-mute = Mute
button-screen = Screen
button-minus = −
button-plus = +
layout-conference = Shown: as in the conference
layout-page = Shown: the slides alone
layout-speaker = Shown: the speaker alone
layout-mosaic = Shown: all rooms

# The doctor: what the box finds of itself, and what to do (.cure).
doctor-all-well = All is well.
doctor-faults = { $n ->
    [one] One fault
   *[other] { $n } faults
}
doctor-warnings = { $n ->
    [one] one warning
   *[other] { $n } warnings
}
doctor-settings-well = Settings: { $file }, room "{ $room }"
doctor-settings-wrong = Settings: { $reason }
    .cure = Correct the file and try again: the rest was examined as without settings
doctor-settings-none = No settings file: what is plugged in is examined, the bridge is not
    .cure = Name it: estrade doctor room.toml
doctor-box-runs = The box runs, its page answers: { $address }
doctor-box-closed = The box runs, but its page ({ $address }) asks who you are: its devices were not examined
    .cure = Open that page with the technician's password, or hold "Écran" for 3 seconds
doctor-box-silent = The box is to run here, and its page { $address } does not answer
    .cure = "journalctl -u estrade-room -n 50" says why; "systemctl restart estrade-room" starts it again
doctor-packages-missing = GStreamer lacks: { $elements }
    .cure = apt-get install { $packages }
doctor-library-broken = GStreamer does not start: { $reason }
    .cure = apt-get install --reinstall libgstreamer1.0-0 gstreamer1.0-plugins-base
doctor-encoder-board = Picture encoded by the board ({ $name })
doctor-encoder-program = Picture encoded by the processor ({ $name })
doctor-camera = Camera
doctor-microphones = Microphones
doctor-loudspeaker = Loudspeaker
doctor-screen = Television
doctor-second-screen = Second screen
doctor-camera-absent = No camera is plugged in
    .cure = Plug in a USB camera; the box takes it by itself
doctor-microphones-absent = No microphone is plugged in
    .cure = Plug in a USB microphone; the box takes it by itself
doctor-loudspeaker-absent = No loudspeaker: neither by HDMI nor by an audio socket
    .cure = Switch the television on and check its HDMI cable, or plug in a USB loudspeaker
doctor-screen-absent = No television is connected
    .cure = Switch the television on and check its HDMI cable
doctor-second-screen-absent = Second screen: no second television is connected
    .cure = Connect it, or write deck_screen = "auto" in room.toml
doctor-none = { $device }: none, by the settings
doctor-well = { $device }: { $name }
doctor-there = { $device }: { $name }, not tried
doctor-broken = { $device }: does not work ({ $reason })
    .cure = Unplug it, plug it in again, and stop any other program that uses it
doctor-wrong-name = { $device }: "{ $wanted }" is not there; there is { $there }
    .cure = In room.toml write { $key } = "{ $first }", or { $key } = "auto"
doctor-wrong-name-alone = { $device }: "{ $wanted }" is not there, and neither is any other
    .cure = Plug the device in, or correct its name in room.toml ("auto" takes what is there)
doctor-camera-black = Camera: its picture is black
    .cure = Take the cap off the lens, switch the light on
doctor-camera-frozen = Camera: its picture is frozen
    .cure = Unplug the camera and plug it in again
doctor-microphones-well = { $n ->
    [one] Microphones: { $name }, one channel
   *[other] Microphones: { $name }, { $n } channels
}
doctor-microphones-dead = Microphones: { $name } gives nothing but silence
    .cure = Raise the capture level (alsamixer, F4) and check the microphone's switch
doctor-channels-dead = Microphones: nothing on channel { $dead } of { $name }
    .cure = Check this microphone's plug; the other channels work
doctor-chirp-heard = Loudspeaker: the microphones heard it
doctor-chirp-not-heard = Loudspeaker: the microphones did not hear it
    .cure = Turn up the television or the loudspeaker; check that the television shows the right input
doctor-panel-none = Buttons: no panel, those of the page are there
doctor-panel-well = Buttons and lights: { $place }
doctor-panel-stuck = Buttons: "{ $button }" is down though nobody presses it
    .cure = Free the button, or check that no wire touches ground
doctor-panel-wrong = Buttons: { $reason }
    .cure = Check the wiring and the line pins of room.toml
doctor-network-well = Network: { $addresses }
doctor-network-own = Network: none, the bridge is on this machine
doctor-network-none = No network: no address
    .cure = Plug the network cable in, or correct the Wi-Fi; the socket must blink
doctor-network-no-gateway = Network: { $addresses }, but no way out
    .cure = Ask the IT service for a gateway by DHCP at this socket
doctor-bridge-well = Bridge: { $address }, { $ms } ms
doctor-bridge-no-name = Bridge: the name "{ $host }" is not known
    .cure = Check the address in room.toml; else the DNS of this network does not work
doctor-bridge-silent = Bridge: { $address } does not answer ({ $reason })
    .cure = Check that the bridge runs, that address and port in room.toml are its own, and that no firewall holds them back
doctor-bridge-strange = Bridge: what answers at { $address } is no bridge of today ({ $reason })
    .cure = Check address and port in room.toml; update the bridge
doctor-bridge-version = Bridge: { $address } has version { $theirs }, this box { $ours }
    .cure = Bring both to the same version
doctor-token-refused = Bridge: it does not know this room's token
    .cure = Copy the token of "{ $room }" from bridge.toml into room.toml, line token
doctor-token-of-another = Bridge: this token is that of "{ $other }", and this room is called "{ $room }"
    .cure = Put the name and the token of one room into room.toml
doctor-not-paired = Bridge: it does not know this box yet
    .cure = Give the code on the television to the chair, or put an invitation into room.toml
doctor-revoked = Bridge: the chair has taken this box's right to join
    .cure = Ask the chair, then pair anew: the box's page, "Pair anew"
doctor-bridge-another = Bridge: the one at { $address } is not the one that this box is paired with
    .cure = Look at the address in room.toml; if the bridge is a new one, pair anew
doctor-link-open = The link to the bridge is not encrypted
    .cure = On a network that is not your own: [tls] in bridge.toml, and an https:// address in room.toml
doctor-media-well = Sound and picture flow
doctor-media-blocked = Sound and picture do not flow, though the bridge answers
    .cure = Have its UDP port (media in bridge.toml) opened towards the bridge
doctor-clock-well = The clock follows the network's time
doctor-clock-free = The clock does not follow the network's time
    .cure = timedatectl set-ntp true; UDP port 123 must be open to the outside
doctor-clock-unknown = Nobody tells whether the clock follows the network's time
    .cure = apt-get install systemd-timesyncd
doctor-clock-off = { $seconds ->
    [one] The clock is one second off the bridge's
   *[other] The clock is { $seconds } seconds off the bridge's
}
    .cure = timedatectl set-ntp true; UDP port 123 must be open to the outside
doctor-heat-well = Temperature: { $degrees } °C
doctor-heat-warm = Temperature: { $degrees } °C, which is much
    .cure = Free the box's vents, keep it from the sun and from heaters
doctor-heat-hot = Temperature: { $degrees } °C, the box slows down
    .cure = Free the vents, check the fan, keep the box from heat
doctor-power-well = Enough power
doctor-power-low = Too little power at this moment
    .cure = Take the board's own power supply and a short cable; unplug what draws too much by USB
doctor-power-throttled = The processor is slowed down at this moment
    .cure = The box is too hot or has too little power: air, the board's own power supply
doctor-power-was-low = At times too little power since it was switched on
    .cure = Take the board's own power supply and a short cable
doctor-power-was-throttled = At times the processor was slowed down since it was switched on
    .cure = Give the box air
doctor-disk-well = Disk { $folder }: { $free } GB free
doctor-disk-tight = Disk { $folder }: only { $free } GB free
    .cure = Make room: the decks of an evening may not fit; lower budget_mb in room.toml
doctor-disk-full = Disk { $folder } is full: { $free } GB free
    .cure = Make room: "journalctl --vacuum-size=50M", then empty the folder of decks
doctor-disk-read-only = { $folder } cannot be written: volume and next evening will be forgotten
    .cure = The card may have protected itself after an error: restart, else replace it
doctor-disk-errors = { $n ->
    [one] File system { $device }: one error
   *[other] File system { $device }: { $n } errors
}
    .cure = Save room.toml and replace the card; "fsck" repairs it meanwhile
doctor-disk-worn = Memory { $device } is worn to { $used } %
    .cure = Replace it before the next season
doctor-memory-little = Working memory: only { $free } GB free
    .cure = Stop what runs beside the box
doctor-busy = The processor does not keep up
    .cure = Stop what runs beside it, or lower [picture] and [screen] in room.toml
doctor-versions = Estrade { $program } · { $system } · kernel { $kernel } · { $library } · { $model }

# A room.toml that is not right.
mistake-title = File { $file }: to be corrected
mistake-line = Line { $line }
mistake-after = The room comes back as soon as the file is corrected
mistake-file = { $file }: { $fault }
mistake-file-line = { $file }, line { $line }: { $fault }
mistake-kept = { $mistake }. The earlier settings stay
mistake-absent = This file is not there
    .cure = Copy it to the card, from a computer
mistake-unread = The file cannot be read
    .cure = Copy it to the card once more ({ $reason })
mistake-no-text = This file is no plain text
    .cure = Save it with a text editor, as UTF-8, and not with a word processor
mistake-unknown = "{ $key }" is no word that is known
    .cure = Remove this line
mistake-misspelt = "{ $key }" is no word that is known
    .cure = Write "{ $meant }"
mistake-missing = "{ $key }" is missing
mistake-twice = "{ $key }" is there twice
    .cure = Keep one of the two lines
mistake-value = What follows "{ $key }" will not do
mistake-other = This line is not complete
    .cure = A word, the sign =, then a value in quotes: name = "Brest"
how-name = Write name = "Brest": in quotes, 40 characters at most
how-bridge = Write a line [bridge], and below it the line address
how-address = Write address = "http://192.168.1.10:8080"
how-token = Copy the room's token from the bridge's file, in quotes: 16 characters at least
how-invitation = Copy the invitation as the bridge gave it, in quotes: five groups of five signs
how-language = Write language = "fr" or language = "en"
how-device = Remove the line: the box takes the device that is plugged in
how-other = Remove the line: the box takes the usual value

# The diagnostic picture: "Écran" held for 3 seconds.
diagnostics = Diagnostics: { $room }
diagnostics-camera-starts = The camera starts…
diagnostics-focus = Focus
diagnostics-sharp = sharp
diagnostics-blurred = blurred
diagnostics-microphone = Mic { $n }
diagnostics-hint = "−": try the loudspeaker · "Écran": end
diagnostics-sound-tried = The loudspeaker plays, the microphones listen…
diagnostics-sound-refused = Loudspeaker: not tried, the other rooms would hear it
diagnostics-sound-missing = Loudspeaker: not tried without a loudspeaker or a microphone
diagnostics-light = Light of "Parole": { $light }
light-fault = red, flashing: a fault
light-starting = white flashing, starting or updating
light-floor = green: you have the floor
light-hand = amber, flashing: hand raised
light-conference = blue: in conference
light-ready = white: ready

# A box that the bridge does not know yet, or no more.
joining-title = { $room }: to be paired with the bridge
joining-foot = Bridge: { $bridge } · this box’s fingerprint { $fingerprint }
joining-cure = Give this code to the chair of the evening, who types it in the console
joining-wrong-code = { $left ->
    [1] That was not this code. 1 try is left
   *[other] That was not this code. { $left } tries are left
}
joining-expired = The code before is good no more, here is another
joining-invitation-unknown = The bridge does not know the invitation in room.toml
joining-invitation-expired = The invitation in room.toml is good no more
joining-invitation-spent = The invitation in room.toml was used for this room before
joining-invitation-elsewhere = The invitation in room.toml is not for this room
joining-pause = The code was wrong too often
    .cure = Another code will stand here in a moment
joining-revoked = The chair has taken this box’s right to join
    .cure = Ask the chair. To pair it anew: the box’s page, “Pair anew”, or all five buttons for 22 seconds
joining-other-hardware = This box’s key belongs to another machine
    .cure = A card was copied. To pair this one: the box’s page, “Pair anew”, or all five buttons for 22 seconds
joining-other-bridge = This is not the bridge that this box is paired with
    .cure = Look at the address in room.toml. If the bridge is a new one: the box’s page, “Pair anew”, or all five buttons for 22 seconds
joining-other-channel = The bridge’s certificate is not the one of before
    .cure = Somebody may be between the box and the bridge. Ask the chair; if the certificate is a new one, pair anew
joining-no-room = The bridge has this box’s room no more
    .cure = Ask the chair to put it back into bridge.toml, or pair anew
joining-crowded = Too many boxes wait at this bridge
    .cure = The chair lets some in, or sends them away, in the console; the code comes here then
joining-version = This bridge cannot pair this box
    .cure = Install the same release of Estrade on the bridge and on the box
