// What people read: French first, English with ?lang=en. One dictionary, no framework.

const WORDS = {
  fr: {
    other_language: "English",
    enter_title: "Console de l’animateur",
    enter_help: "Entrez le jeton de l’animateur : c’est « chair_token » dans le fichier bridge.toml du pont.",
    chair_token: "Jeton de l’animateur",
    enter: "Entrer",
    wrong_token: "Ce jeton n’est pas le bon. Vérifiez-le, puis essayez de nouveau.",
    rooms: "Les salles",
    floor: "La parole",
    floor_free: "La parole est libre",
    floor_held: "{room} a la parole",
    floor_back: "La parole est de nouveau libre",
    revoke: "Reprendre la parole",
    grant: "Donner la parole",
    deny: "Refuser",
    grant_to: "Donner la parole à {room}",
    revoke_from: "Reprendre la parole à {room}",
    deny_to: "Refuser la demande de {room}",
    queue: "Demandes",
    nobody_asks: "Personne ne demande la parole.",
    asks_now: "{room} demande la parole",
    no_picture: "Pas d’image",
    level_of: "Niveau sonore de {room}",
    state_absent: "Absente",
    state_browser: "Par navigateur, sans boîtier",
    state_connecting: "Connexion en cours",
    state_here: "En conférence",
    state_muted: "Micro coupé par la salle",
    state_asks: "Demande la parole",
    state_floor: "A la parole",
    state_floor_muted: "A la parole, mais micro coupé",
    state_floor_lost: "A la parole, mais a disparu",
    trouble_camera: "Caméra : {detail}",
    trouble_microphones: "Micro : {detail}",
    trouble_screen: "Télévision : {detail}",
    trouble_loudspeaker: "Haut-parleur : {detail}",
    trouble_not_publishing: "Son et image n’arrivent pas",
    trouble_not_watching: "Ne reçoit pas les autres salles",
    turns: "{count} fois la parole",
    connecting: "Connexion…",
    connected: "En direct",
    lost: "Liaison perdue, nouvel essai…",
    listen: "Écouter",
    silence: "Couper le son",
    refused: "Refusé : {reason}.",
    "no such room": "cette salle n’existe pas",
    "the room is not connected": "la salle n’est pas connectée",
    "the room has the floor already": "la salle a déjà la parole",
    "the room has asked already": "la salle a déjà demandé",
    "the room neither holds the floor nor asks for it": "la salle n’a pas la parole et ne la demande pas",
    "the room does not ask for the floor": "la salle ne demande plus la parole",
    "nobody holds the floor": "personne n’a la parole",
    watch_title: "Regarder la conférence",
    watch_help: "Entrez le jeton que l’organisateur vous a donné.",
    viewer_token: "Jeton",
    watch: "Regarder",
    waiting: "En attente d’image…",
    publish_title: "Participer avec ce navigateur",
    publish_help: "Ce navigateur prend la place du boîtier de la salle : sa caméra et son micro seront vus et entendus.",
    room_token: "Jeton de la salle",
    publish: "Commencer",
    stop: "Arrêter",
    your_picture: "Votre image, telle que les autres la voient",
    no_devices: "La caméra ou le micro ne peut pas être ouvert : {detail}",
    bridge_says: "Le pont répond : {detail}",
  },
  en: {
    other_language: "Français",
    enter_title: "The chair’s console",
    enter_help: "Enter the chair’s token: it is “chair_token” in the bridge’s bridge.toml.",
    chair_token: "The chair’s token",
    enter: "Enter",
    wrong_token: "This token is not the right one. Check it and try again.",
    rooms: "Rooms",
    floor: "The floor",
    floor_free: "The floor is free",
    floor_held: "{room} has the floor",
    floor_back: "The floor is free again",
    revoke: "Take the floor back",
    grant: "Give the floor",
    deny: "Refuse",
    grant_to: "Give the floor to {room}",
    revoke_from: "Take the floor back from {room}",
    deny_to: "Refuse the request of {room}",
    queue: "Requests",
    nobody_asks: "Nobody asks for the floor.",
    asks_now: "{room} asks for the floor",
    no_picture: "No picture",
    level_of: "Sound level of {room}",
    state_absent: "Absent",
    state_browser: "By browser, without a box",
    state_connecting: "Connecting",
    state_here: "In the conference",
    state_muted: "Muted by the room",
    state_asks: "Asks for the floor",
    state_floor: "Has the floor",
    state_floor_muted: "Has the floor, but is muted",
    state_floor_lost: "Has the floor, but vanished",
    trouble_camera: "Camera: {detail}",
    trouble_microphones: "Microphone: {detail}",
    trouble_screen: "Television: {detail}",
    trouble_loudspeaker: "Loudspeaker: {detail}",
    trouble_not_publishing: "Sound and picture do not arrive",
    trouble_not_watching: "Does not receive the other rooms",
    turns: "had the floor {count} times",
    connecting: "Connecting…",
    connected: "Live",
    lost: "Connection lost, trying again…",
    listen: "Listen",
    silence: "Silence",
    refused: "Refused: {reason}.",
    watch_title: "Watch the conference",
    watch_help: "Enter the token that the organiser gave you.",
    viewer_token: "Token",
    watch: "Watch",
    waiting: "Waiting for a picture…",
    publish_title: "Take part with this browser",
    publish_help: "This browser takes the place of the room’s box: its camera and microphone will be seen and heard.",
    room_token: "The room’s token",
    publish: "Start",
    stop: "Stop",
    your_picture: "Your picture, as the others see it",
    no_devices: "The camera or the microphone cannot be opened: {detail}",
    bridge_says: "The bridge answers: {detail}",
  },
};

const english = new URLSearchParams(location.search).get("lang") === "en";
const words = english ? WORDS.en : WORDS.fr;

/** A sentence by its name, with its `{gaps}` filled; an unknown name stands for itself. */
export function say(name, gaps = {}) {
  let text = words[name] ?? name;
  for (const [gap, value] of Object.entries(gaps)) text = text.replace(`{${gap}}`, value);
  return text;
}

/** Writes the words of a page or a part of it. */
export function translate(root = document) {
  for (const element of root.querySelectorAll("[data-word]")) {
    element.textContent = say(element.dataset.word);
  }
}

/** Sets the page's language and the link to the other one. */
export function setLanguage() {
  document.documentElement.lang = english ? "en" : "fr";
  const link = document.getElementById("language");
  link.textContent = say("other_language");
  link.lang = english ? "fr" : "en";
  link.href = english ? location.pathname : "?lang=en";
  translate();
}
