// What people read on the box's page, in its language. What stands on the television is in words/*.ftl.

const WORDS = {
  fr: {
    title: "Estrade, cette salle", screen: "Ce que montre le téléviseur", deck: "Ce que montre le deuxième écran",
    panel: "Boutons du boîtier", speak: "Parole", mute: "Micro", show: "Écran",
    signals: { reset_near: "Lâchez, ou le boîtier oublie tout", muted: "Micro coupé par la salle", fault: "Quelque chose manque", starting: "Démarrage", floor: "La salle a la parole", hand: "La salle demande la parole", conference: "En conférence", ready: "Prêt", resting: "Au repos" },
    stepsHands: "− et + comptent les mains", stepsOffer: "− : pas de question, Parole : une question", stepsPages: "− et + tournent les pages", stepsVolume: "− et + règlent le volume",
    onlyThere: "Le micro ne se rétablit qu’au bouton du boîtier, dans la salle.",
    volume: "Volume", people: "Personnes dans la salle", say: "Dire aux autres",
    sound: "Micro et filtre de bruit", level: "Niveau du micro", plot: "Niveau du micro, décisions du filtre et leurs raisons pendant les 45 dernières secondes",
    open: "ouvert", closed: "fermé", voice: "probabilité d’une voix", seconds: "−{n} s", now: "maintenant",
    gate: "Filtre de bruit en marche", gateOff: "Filtre de bruit arrêté", nothingHeard: "Rien n’arrive des micros",
    state: "État", box: "Boîtier", rests: "au repos : caméra et micros coupés", awake: "éveillé", next: "Prochaine soirée", unplanned: "pas encore connue",
    address: "Adresse de cette page", version: "Version",
    bridge: "Pont", linked: "relié", unlinked: "hors de portée",
    sending: "Envoi", receiving: "Réception", running_: "en cours", stopped: "à l’arrêt", network: "Réseau vers le pont", carries: "porte {n} Mbit/s", unmeasured: "mesuré quand la grande image est envoyée",
    microphones: "Micros", muted: "coupés par la salle · ", camera: "Caméra", television: "Écran", second: "Deuxième écran", loudspeaker: "Haut-parleur",
    running: "", missing: "absent : ", none: "aucun", unknown: "démarre…",
    care: "Entretien", log: "Télécharger le journal", logHelp: "Le journal ne contient ni jeton ni mot de passe.",
    examine: "Examiner le boîtier", examining: "Examen en cours…", found: "À regarder : {n}", allWell: "Tout est en ordre.", picture: "Image de diagnostic", pictured: "Le téléviseur montre l’image de diagnostic ; le bouton Écran y met fin.",
    restart: "Redémarrer", sure: "Redémarrer le boîtier ?", sureHelp: "La salle quitte la conférence quelques secondes ; il faudra un nouveau code pour revenir sur cette page.", cancel: "Annuler", restarting: "Le boîtier redémarre…",
    pair: "Jumeler de nouveau", pairSure: "Jumeler de nouveau ce boîtier ?", pairHelp: "Il quitte la conférence, oublie le pont et montre sur le téléviseur un code pour l’animateur.", pairing: "Le boîtier redémarre, puis montre un code…", pairFixed: "Ce boîtier a un jeton dans room.toml : il n’y a rien à jumeler.",
    live: "En direct", away: "Le boîtier ne répond pas ; nouvel essai…",
    enterHelp: "Cette page est celle du technicien. Faites afficher un code sur le téléviseur de la salle, puis tapez-le ici.",
    showCode: "Afficher le code sur le téléviseur", code: "Code du téléviseur", enter: "Entrer",
    codeShown: "Le code est en bas du téléviseur pendant deux minutes.",
    oftenRefused: "Le téléviseur a déjà montré le code plusieurs fois. Réessayez dans {minutes} min.",
    noneRefused: "Il n’y a pas de code, ou il n’est plus valable : faites-en afficher un.",
    wrongRefused: "Ce n’est pas ce code. Essais restants : {left}.",
  },
  en: {
    title: "Estrade, this room", screen: "What the television shows", deck: "What the second screen shows",
    panel: "The box’s buttons", speak: "Parole", mute: "Micro", show: "Écran",
    signals: { reset_near: "Let go, or the box forgets everything", muted: "Muted by the room", fault: "Something is missing", starting: "Starting", floor: "The room has the floor", hand: "The room asks for the floor", conference: "In conference", ready: "Ready", resting: "At rest" },
    stepsHands: "− and + count hands", stepsOffer: "−: no question, Parole: a question", stepsPages: "− and + turn pages", stepsVolume: "− and + set the volume",
    onlyThere: "Only the button on the box, in the room, undoes the mute.",
    volume: "Volume", people: "People in the room", say: "Tell the others",
    sound: "Microphones and noise gate", level: "Microphone level", plot: "Microphone level, the gate’s decisions and their reasons in the last 45 seconds",
    open: "open", closed: "closed", voice: "probability of a voice", seconds: "−{n} s", now: "now",
    gate: "Noise gate on", gateOff: "Noise gate off", nothingHeard: "Nothing comes from the microphones",
    state: "State", box: "Box", rests: "at rest: camera and microphones off", awake: "awake", next: "Next evening", unplanned: "not known yet",
    address: "Address of this page", version: "Version",
    bridge: "Bridge", linked: "connected", unlinked: "out of reach",
    sending: "Sending", receiving: "Receiving", running_: "running", stopped: "stopped", network: "Network to the bridge", carries: "carries {n} Mbit/s", unmeasured: "measured while the large picture is sent",
    microphones: "Microphones", muted: "muted by the room · ", camera: "Camera", television: "Screen", second: "Second screen", loudspeaker: "Loudspeaker",
    running: "", missing: "missing: ", none: "none", unknown: "starting…",
    care: "Care", log: "Download the log", logHelp: "The log holds no token and no password.",
    examine: "Examine the box", examining: "Examining…", found: "To look at: {n}", allWell: "All is well.", picture: "Diagnostic picture", pictured: "The television shows the diagnostic picture; the button Écran ends it.",
    restart: "Restart", sure: "Restart the box?", sureHelp: "The room leaves the conference for some seconds; this page will ask for a new code.", cancel: "Cancel", restarting: "The box restarts…",
    pair: "Pair anew", pairSure: "Pair this box anew?", pairHelp: "It leaves the conference, forgets the bridge, and shows a code for the chair on the television.", pairing: "The box restarts, then shows a code…", pairFixed: "This box has a token in room.toml: there is nothing to pair.",
    live: "Live", away: "The box does not answer; trying again…",
    enterHelp: "This page is the technician’s. Have a code shown on the room’s television, then type it here.",
    showCode: "Show the code on the television", code: "Code on the television", enter: "Enter",
    codeShown: "The code is at the foot of the television for two minutes.",
    oftenRefused: "The television has shown the code several times. Try again in {minutes} min.",
    noneRefused: "There is no code, or it is not good any more: have one shown.",
    wrongRefused: "That is not the code. Tries left: {left}.",
  },
};

/** The words of the page's language. */
export const words = WORDS[document.documentElement.lang];

/** A text with its values. */
export const say = (id, values) => words[id].replace(/\{(\w+)\}/g, (_, name) => values[name]);

for (const element of document.querySelectorAll("[data-words]")) {
  const text = words[element.dataset.words];
  if (element.matches("img")) element.alt = text;
  else if (element.matches("[role=meter], [role=img]")) element.ariaLabel = text;
  else element.textContent = text;
}
