// Words that forms of all pages use.

import { words } from "@/i18n";

export const useWords = words(
  "forms",
  {
    stale:
      "Somebody else has changed this since you opened it. Load what is there now: what you have written here is lost then.",
    "stale.load": "Load the newest",
    "once.hint": "It is shown this one time. Copy it now.",
    "once.kept": "I have copied it",
    "once.close": "Close",
  },
  {
    stale:
      "Quelqu’un d’autre l’a modifié depuis que vous l’avez ouvert. Chargez l’état actuel : ce que vous avez écrit ici sera perdu.",
    "stale.load": "Charger l’état actuel",
    "once.hint": "Ceci n’est affiché que cette fois. Copiez-le maintenant.",
    "once.kept": "Je l’ai copié",
    "once.close": "Fermer",
  },
);
