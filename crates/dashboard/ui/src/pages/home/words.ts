// Words of the page that one opens first.

import { words } from "@/i18n";

export const useWords = words(
  "home",
  {
    title: "Home",
    "needs.title": "Needs you",
    "needs.none": "Nothing waits for you.",
    "needs.all": "All approvals",
    "running.title": "Under way",
    "running.none": "Nothing runs at the moment.",
    "running.all": "All runs",
    "failed.title": "Failed lately",
    "failed.none": "No run has failed.",
    "failed.all": "All that failed",
    asked: "Asked",
  },
  {
    title: "Accueil",
    "needs.title": "Vous attend",
    "needs.none": "Rien ne vous attend.",
    "needs.all": "Toutes les approbations",
    "running.title": "En cours",
    "running.none": "Rien ne s’exécute en ce moment.",
    "running.all": "Toutes les exécutions",
    "failed.title": "Échecs récents",
    "failed.none": "Aucune exécution n’a échoué.",
    "failed.all": "Tous les échecs",
    asked: "Demandé",
  },
);
