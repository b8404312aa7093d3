# Ce que lisent les personnes dans une salle. Chaque message existe aussi dans en.ftl.

you-have-the-floor = Vous avez la parole
has-the-floor = { $room } a la parole
asking = { $place ->
    [1] Parole demandée : vous êtes les prochains
   *[other] Parole demandée : { $place }e dans la file
}
offered = Une question ? « Parole » : oui, « − » : non
minutes-left = { $minutes ->
    [0] Temps écoulé : merci de conclure
    [1] Plus qu’une minute
   *[other] Plus que { $minutes } minutes
}
muted = Micro coupé
reconnecting = Liaison perdue, reconnexion…
connecting = Connexion au pont…
token-refused = Le pont ne reconnaît pas cette salle : vérifiez son jeton
no-camera = Pas de caméra : les autres salles ne vous voient pas
no-microphone = Pas de micro : les autres salles ne vous entendent pas
no-loudspeaker = Pas de haut-parleur
page-code = Code du boîtier : { $code }
alone = En attente des autres salles

# L’attente, avant le début.
date = { $weekday } { $day } { $month } à { $hour } h { $minute }
date-whole-hour = { $weekday } { $day } { $month } à { $hour } h
weekday = { $n ->
    [1] Lundi
    [2] Mardi
    [3] Mercredi
    [4] Jeudi
    [5] Vendredi
    [6] Samedi
   *[7] Dimanche
}
month = { $n ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
}
day-of-month = { $n ->
    [1] 1er
   *[other] { $n }
}
next-evening = Prochaine soirée
this-room = Cette salle
check-camera = Caméra
check-no-camera = Caméra absente
check-microphone = Micro
check-open = ouvert
check-no-microphone = Micro absent
check-loudspeaker = Haut-parleur
check-no-loudspeaker = Haut-parleur absent
check-camera-black = Image noire
check-camera-frozen = Image figée
check-network-weak = Réseau trop faible
check-clock-wrong = Horloge fausse
check-network = Réseau
check-no-network = Pas de réseau
check-decks = Diaporamas { $ready }/{ $all }
rooms-present = Salles présentes : { $present } sur { $all }

# Les salles saluées une à une.
welcome = Bienvenue
welcome-to = Bienvenue à
people = { $n ->
    [one] { $n } personne
   *[other] { $n } personnes
}

# Les intervenants.
tonight-with = Ce soir avec
audience = Ils vous écoutent
time-left = Reste { $time }
deck-coming = Le diaporama arrive dans cette salle…
page-of = { $page } / { $pages }

# Les questions.
question-of = Question de { $room }
your-question = Votre question

# Votes et questions par téléphone.
ask-by-phone = Vos questions par téléphone
vote-here = Votez ici
poll = Vote
poll-result = Résultat du vote
poll-votes = { $n } voix
vote-by-phone-or-hand = Par téléphone, ou levez la main
vote-by-hand = Levez la main pour votre réponse
hands-begin = Mains levées : « Écran » pour compter
hands-up = Combien de mains pour { $answer } ?
hands-count = « + » et « − » pour compter, puis « Écran »
hands-last = « + » et « − » pour compter, « Écran » pour finir
hands-counted = Mains comptées, merci
hands-again = Une erreur ? « Écran » pour recompter
thanks-for-voting = Merci d’avoir voté
written-from = Question écrite, de { $room }
applause = Applaudissements

# La fin.
thanks = Merci à tous
more-rooms = { $n ->
    [one] et une autre salle
   *[other] et { $n } autres salles
}
followup = La suite, ici à { $room }
followup-text = La conférence est finie. Les conseillers de votre ville répondent à vos questions dans cette salle.

# Ce que fait le filtre du bruit.
gate-voice = Voix
gate-hold = Maintien
gate-no-voice = Silence
gate-whisper = Chuchotement
gate-page = Page tournée
gate-impact = Choc, toux, clavier
gate-far-end = Retour du haut-parleur
gate-muted = Micro coupé
gate-closed = Fermé par la conférence
gate-disabled = Filtre arrêté

# Les boutons.
hold-diagnostics = Diagnostic dans { $seconds } s
hold-restart = Redémarrage dans { $seconds } s : relâchez pour annuler
hold-reset = Remise à zéro dans { $seconds } s : relâchez pour annuler
restarting = Le boîtier redémarre…
forgetting = Le boîtier oublie tout et redémarre…
button-stuck = Le bouton « { $button } » est bloqué : il ne compte plus
button-speak = Parole
button-mute = Micro
button-screen = Écran
button-minus = −
button-plus = +
layout-conference = Affichage de la conférence
layout-page = Affichage : le diaporama seul
layout-speaker = Affichage : l’intervenant seul
layout-mosaic = Affichage : toutes les salles
