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
