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
update-installs = Mise à jour : le boîtier redémarre de lui-même
update-waits = Mise à jour prête : redémarrage après la soirée
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

# Le médecin : ce que le boîtier trouve de lui-même, et que faire (.cure).
doctor-all-well = Tout va bien.
doctor-faults = { $n ->
    [one] Un défaut
   *[other] { $n } défauts
}
doctor-warnings = { $n ->
    [one] un avertissement
   *[other] { $n } avertissements
}
doctor-settings-well = Réglages : { $file }, salle « { $room } »
doctor-settings-wrong = Réglages : { $reason }
    .cure = Corrigez le fichier, puis relancez : le reste a été examiné comme sans réglages
doctor-settings-none = Aucun fichier de réglages : les appareils branchés sont examinés, pas le pont
    .cure = Donnez-le : estrade doctor room.toml
doctor-box-runs = Le boîtier tourne, sa page répond : { $address }
doctor-box-closed = Le boîtier tourne, mais sa page ({ $address }) demande qui vous êtes : ses appareils n’ont pas été examinés
    .cure = Ouvrez cette page avec le mot de passe du technicien, ou tenez « Écran » 3 secondes
doctor-box-silent = Le boîtier doit tourner ici, et sa page { $address } ne répond pas
    .cure = « journalctl -u estrade-room -n 50 » dit pourquoi ; « systemctl restart estrade-room » le relance
doctor-packages-missing = GStreamer n’a pas : { $elements }
    .cure = apt-get install { $packages }
doctor-library-broken = GStreamer ne démarre pas : { $reason }
    .cure = apt-get install --reinstall libgstreamer1.0-0 gstreamer1.0-plugins-base
doctor-encoder-board = Image encodée par la carte ({ $name })
doctor-encoder-program = Image encodée par le processeur ({ $name })
doctor-camera = Caméra
doctor-microphones = Micros
doctor-loudspeaker = Haut-parleur
doctor-screen = Télévision
doctor-second-screen = Deuxième écran
doctor-camera-absent = Aucune caméra branchée
    .cure = Branchez une caméra USB ; le boîtier la prend tout seul
doctor-microphones-absent = Aucun micro branché
    .cure = Branchez un micro USB ; le boîtier le prend tout seul
doctor-loudspeaker-absent = Aucun haut-parleur : ni HDMI, ni prise audio
    .cure = Allumez la télévision et vérifiez son câble HDMI, ou branchez un haut-parleur USB
doctor-screen-absent = Aucune télévision branchée
    .cure = Allumez la télévision et vérifiez son câble HDMI
doctor-second-screen-absent = Deuxième écran : aucune deuxième télévision branchée
    .cure = Branchez-la, ou écrivez deck_screen = "auto" dans room.toml
doctor-none = { $device } : sans, d’après les réglages
doctor-well = { $device } : { $name }
doctor-there = { $device } : { $name }, pas essayé
doctor-broken = { $device } : ne marche pas ({ $reason })
    .cure = Débranchez, rebranchez, et arrêtez tout autre programme qui s’en sert
doctor-wrong-name = { $device } : « { $wanted } » n’est pas là ; il y a { $there }
    .cure = Dans room.toml, écrivez { $key } = "{ $first }", ou { $key } = "auto"
doctor-wrong-name-alone = { $device } : « { $wanted } » n’est pas là, et rien d’autre non plus
    .cure = Branchez l’appareil, ou corrigez son nom dans room.toml ("auto" prend ce qui est là)
doctor-camera-black = Caméra : son image est noire
    .cure = Ôtez le cache de l’objectif, allumez la lumière
doctor-camera-frozen = Caméra : son image est figée
    .cure = Débranchez la caméra et rebranchez-la
doctor-microphones-well = { $n ->
    [one] Micros : { $name }, une voie
   *[other] Micros : { $name }, { $n } voies
}
doctor-microphones-dead = Micros : { $name } ne donne que du silence
    .cure = Montez le niveau de capture (alsamixer, F4) et vérifiez l’interrupteur du micro
doctor-channels-dead = Micros : rien sur la voie { $dead } de { $name }
    .cure = Vérifiez la prise de ce micro ; les autres voies marchent
doctor-chirp-heard = Haut-parleur : les micros l’ont entendu
doctor-chirp-not-heard = Haut-parleur : les micros ne l’ont pas entendu
    .cure = Montez le volume de la télévision ou du haut-parleur ; vérifiez que la télévision est sur la bonne entrée
doctor-panel-none = Boutons : pas de panneau, ceux de la page servent
doctor-panel-well = Boutons et lumières : { $place }
doctor-panel-stuck = Boutons : « { $button } » enfoncé alors que personne n’appuie
    .cure = Décoincez le bouton, ou vérifiez qu’aucun fil ne touche la masse
doctor-panel-wrong = Boutons : { $reason }
    .cure = Vérifiez le câblage et la ligne pins du fichier room.toml
doctor-network-well = Réseau : { $addresses }
doctor-network-own = Réseau : aucun, le pont est sur cette machine
doctor-network-none = Pas de réseau : aucune adresse
    .cure = Branchez le câble réseau, ou corrigez le Wi-Fi ; la prise doit clignoter
doctor-network-no-gateway = Réseau : { $addresses }, mais aucune route vers l’extérieur
    .cure = Demandez au service informatique une passerelle par DHCP pour cette prise
doctor-bridge-well = Pont : { $address }, { $ms } ms
doctor-bridge-no-name = Pont : le nom « { $host } » est inconnu
    .cure = Vérifiez l’adresse dans room.toml ; sinon le DNS de ce réseau ne marche pas
doctor-bridge-silent = Pont : { $address } ne répond pas ({ $reason })
    .cure = Vérifiez que le pont tourne, que l’adresse et le port de room.toml sont les siens, et qu’aucun pare-feu ne les retient
doctor-bridge-strange = Pont : ce qui répond à { $address } n’est pas un pont à jour ({ $reason })
    .cure = Vérifiez l’adresse et le port dans room.toml ; mettez le pont à jour
doctor-bridge-version = Pont : { $address } est en version { $theirs }, ce boîtier en { $ours }
    .cure = Mettez les deux à la même version
doctor-token-refused = Pont : il ne connaît pas le jeton de cette salle
    .cure = Copiez le jeton de « { $room } » depuis bridge.toml dans room.toml, à la ligne token
doctor-token-of-another = Pont : ce jeton est celui de « { $other } », et cette salle s’appelle « { $room } »
    .cure = Mettez dans room.toml le nom et le jeton de la même salle
doctor-not-paired = Pont : il ne connaît pas encore ce boîtier
    .cure = Donnez le code de la télévision à l’animateur, ou mettez une invitation dans room.toml
doctor-revoked = Pont : l’animateur a retiré à ce boîtier le droit d’entrer
    .cure = Demandez à l’animateur, puis jumelez de nouveau : page du boîtier, « Jumeler de nouveau »
doctor-bridge-another = Pont : celui de { $address } n’est pas celui avec lequel ce boîtier est jumelé
    .cure = Vérifiez l’adresse dans room.toml ; si le pont est nouveau, jumelez de nouveau
doctor-link-open = La liaison avec le pont n’est pas chiffrée
    .cure = Sur un réseau qui n’est pas le vôtre : [tls] dans bridge.toml, et une adresse https:// dans room.toml
doctor-media-well = Son et image passent
doctor-media-blocked = Son et image ne passent pas, alors que le pont répond
    .cure = Demandez l’ouverture vers le pont de son port UDP (media dans bridge.toml)
doctor-clock-well = Horloge à l’heure du réseau
doctor-clock-free = L’horloge ne suit pas l’heure du réseau
    .cure = timedatectl set-ntp true ; le port UDP 123 doit être ouvert vers l’extérieur
doctor-clock-unknown = Personne ne dit si l’horloge suit l’heure du réseau
    .cure = apt-get install systemd-timesyncd
doctor-clock-off = { $seconds ->
    [one] L’horloge a une seconde d’écart avec le pont
   *[other] L’horloge a { $seconds } secondes d’écart avec le pont
}
    .cure = timedatectl set-ntp true ; le port UDP 123 doit être ouvert vers l’extérieur
doctor-heat-well = Température : { $degrees } °C
doctor-heat-warm = Température : { $degrees } °C, c’est beaucoup
    .cure = Dégagez les ouïes du boîtier, éloignez-le du soleil et des radiateurs
doctor-heat-hot = Température : { $degrees } °C, le boîtier ralentit
    .cure = Dégagez les ouïes, vérifiez le ventilateur, éloignez le boîtier de la chaleur
doctor-power-well = Alimentation suffisante
doctor-power-low = Alimentation trop faible en ce moment
    .cure = Prenez l’alimentation d’origine de la carte et un câble court ; débranchez ce qui tire trop en USB
doctor-power-throttled = Processeur ralenti en ce moment
    .cure = Le boîtier a trop chaud ou pas assez de courant : aération, alimentation d’origine
doctor-power-was-low = Alimentation trop faible par moments depuis la mise en marche
    .cure = Prenez l’alimentation d’origine de la carte et un câble court
doctor-power-was-throttled = Processeur ralenti par moments depuis la mise en marche
    .cure = Aérez le boîtier
doctor-disk-well = Disque { $folder } : { $free } Go libres
doctor-disk-tight = Disque { $folder } : { $free } Go libres seulement
    .cure = Faites de la place : les diaporamas d’une soirée peuvent ne pas tenir ; baissez budget_mb dans room.toml
doctor-disk-full = Disque { $folder } plein : { $free } Go libres
    .cure = Faites de la place : « journalctl --vacuum-size=50M », puis videz le dossier des diaporamas
doctor-disk-read-only = { $folder } ne peut pas être écrit : volume et prochaine soirée seront oubliés
    .cure = La carte s’est peut-être protégée après une erreur : redémarrez, sinon changez-la
doctor-disk-errors = { $n ->
    [one] Système de fichiers { $device } : une erreur
   *[other] Système de fichiers { $device } : { $n } erreurs
}
    .cure = Sauvegardez room.toml et changez la carte ; « fsck » répare en attendant
doctor-disk-worn = Mémoire { $device } usée à { $used } %
    .cure = Changez-la avant la prochaine saison
doctor-memory-little = Mémoire vive : { $free } Go libres seulement
    .cure = Arrêtez ce qui tourne à côté du boîtier
doctor-busy = Le processeur ne suffit pas
    .cure = Arrêtez ce qui tourne à côté, ou baissez [picture] et [screen] dans room.toml
doctor-versions = Estrade { $program } · { $system } · noyau { $kernel } · { $library } · { $model }

# Un room.toml qui ne va pas.
mistake-title = Fichier { $file } : à corriger
mistake-line = Ligne { $line }
mistake-after = La salle revient dès que le fichier est corrigé
mistake-file = { $file } : { $fault }
mistake-file-line = { $file }, ligne { $line } : { $fault }
mistake-kept = { $mistake }. Les réglages d’avant restent
mistake-absent = Ce fichier n’est pas là
    .cure = Copiez-le sur la carte, depuis un ordinateur
mistake-unread = Le fichier ne peut pas être lu
    .cure = Copiez-le de nouveau sur la carte ({ $reason })
mistake-no-text = Ce fichier n’est pas un texte simple
    .cure = Enregistrez-le avec un éditeur de texte, en UTF-8, et non avec un traitement de texte
mistake-unknown = « { $key } » n’est pas un mot connu
    .cure = Retirez cette ligne
mistake-misspelt = « { $key } » n’est pas un mot connu
    .cure = Écrivez « { $meant } »
mistake-missing = Il manque « { $key } »
mistake-twice = « { $key } » est écrit deux fois
    .cure = Gardez une seule des deux lignes
mistake-value = Ce qui suit « { $key } » ne convient pas
mistake-other = Cette ligne n’est pas complète
    .cure = Un mot, le signe =, puis une valeur entre guillemets : name = "Brest"
how-name = Écrivez name = "Brest" : entre guillemets, 40 caractères au plus
how-bridge = Écrivez une ligne [bridge], et sous elle la ligne address
how-address = Écrivez address = "http://192.168.1.10:8080"
how-token = Recopiez le jeton de la salle depuis le fichier du pont, entre guillemets : 16 caractères au moins
how-invitation = Recopiez l’invitation comme le pont l’a donnée, entre guillemets : cinq groupes de cinq signes
how-language = Écrivez language = "fr" ou language = "en"
how-device = Retirez la ligne : le boîtier prend l’appareil qui est branché
how-other = Retirez la ligne : le boîtier prend la valeur habituelle

# L’image de diagnostic : « Écran » tenu 3 secondes.
diagnostics = Diagnostic : { $room }
diagnostics-camera-starts = La caméra démarre…
diagnostics-focus = Mise au point
diagnostics-sharp = nette
diagnostics-blurred = floue
diagnostics-microphone = Micro { $n }
diagnostics-hint = « − » : essayer le haut-parleur · « Écran » : finir
diagnostics-sound-tried = Le haut-parleur joue, les micros écoutent…
diagnostics-sound-refused = Haut-parleur : pas d’essai, les autres salles l’entendraient
diagnostics-sound-missing = Haut-parleur : pas d’essai sans haut-parleur ou sans micro
diagnostics-light = Lumière de « Parole » : { $light }
light-fault = rouge clignotant, un défaut
light-starting = blanc clignotant, démarrage ou mise à jour
light-floor = vert, vous avez la parole
light-hand = orange clignotant, parole demandée
light-conference = bleu, en conférence
light-ready = blanc, prêt

# Un boîtier que le pont ne connaît pas encore, ou ne connaît plus.
joining-title = { $room } : à jumeler avec le pont
joining-foot = Pont : { $bridge } · empreinte du boîtier { $fingerprint }
joining-cure = Donnez ce code à l’animateur de la soirée : il le tape dans sa console
joining-wrong-code = { $left ->
    [1] Ce n’était pas ce code. Encore 1 essai
   *[other] Ce n’était pas ce code. Encore { $left } essais
}
joining-expired = Le code d’avant n’est plus valable, voici le nouveau
joining-invitation-unknown = Le pont ne connaît pas l’invitation de room.toml
joining-invitation-expired = L’invitation de room.toml n’est plus valable
joining-invitation-spent = L’invitation de room.toml a déjà servi pour cette salle
joining-invitation-elsewhere = L’invitation de room.toml n’est pas pour cette salle
joining-pause = Le code a été faux trop de fois
    .cure = Un autre code vient ici dans un moment
joining-revoked = L’animateur a retiré à ce boîtier le droit d’entrer
    .cure = Demandez à l’animateur. Pour jumeler de nouveau : page du boîtier, « Jumeler de nouveau », ou les cinq boutons pendant 22 secondes
joining-other-hardware = La clé de ce boîtier est celle d’un autre appareil
    .cure = Une carte a été copiée. Pour jumeler celui-ci : page du boîtier, « Jumeler de nouveau », ou les cinq boutons pendant 22 secondes
joining-other-bridge = Ce pont n’est pas celui avec lequel ce boîtier est jumelé
    .cure = Vérifiez l’adresse dans room.toml. Si le pont est nouveau : page du boîtier, « Jumeler de nouveau », ou les cinq boutons pendant 22 secondes
joining-other-channel = Le certificat du pont n’est pas celui d’avant
    .cure = Quelqu’un est peut-être entre le boîtier et le pont. Demandez à l’animateur ; si le certificat est nouveau, jumelez de nouveau
joining-no-room = Le pont n’a plus la salle de ce boîtier
    .cure = Demandez à l’animateur de la remettre dans bridge.toml, ou jumelez de nouveau
joining-crowded = Trop de boîtiers attendent à ce pont
    .cure = L’animateur en accepte ou en renvoie dans sa console ; le code vient ici ensuite
joining-version = Ce pont ne sait pas jumeler ce boîtier
    .cure = Installez la même version d’Estrade sur le pont et sur le boîtier
