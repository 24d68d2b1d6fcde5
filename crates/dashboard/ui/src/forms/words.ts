// Words that forms of all pages use.

import { words } from "@/i18n";

export const useWords = words(
  "forms",
  {
    "once.hint": "It is shown this one time. Copy it now.",
    "once.kept": "I have copied it",
    "once.close": "Close",
  },
  {
    "once.hint": "Ceci n’est affiché que cette fois. Copiez-le maintenant.",
    "once.kept": "Je l’ai copié",
    "once.close": "Fermer",
  },
);
