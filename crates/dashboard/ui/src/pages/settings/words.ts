// Words that all sections of the settings use.

import { words } from "@/i18n";

export const useWords = words(
  "settings",
  {
    title: "Settings",
    "section.account": "Account",
    "section.sessions": "Sessions",
    "section.keys": "API keys",
    "section.people": "People",
    "section.projects": "Projects",
    "section.providers": "Model providers",
    "section.secrets": "Secrets",
    "section.channels": "Channels",
    "section.system": "System",
    actions: "Actions",
    saved: "Saved.",
    "stale.again":
      "Somebody else has changed this meanwhile. It was read again: confirm once more.",
    "test.ok": "It works",
    "test.bad": "It does not work",
    "test.do": "Test",
    "test.again": "Test again",
    "test.running": "Asking…",
    "test.code": "Code",
  },
  {
    title: "Réglages",
    "section.account": "Compte",
    "section.sessions": "Sessions",
    "section.keys": "Clés d’API",
    "section.people": "Personnes",
    "section.projects": "Projets",
    "section.providers": "Fournisseurs de modèles",
    "section.secrets": "Secrets",
    "section.channels": "Canaux",
    "section.system": "Système",
    actions: "Actions",
    saved: "Enregistré.",
    "stale.again":
      "Quelqu’un d’autre a modifié ceci entre-temps. La dernière version est lue : confirmez à nouveau.",
    "test.ok": "Cela fonctionne",
    "test.bad": "Cela ne fonctionne pas",
    "test.do": "Tester",
    "test.again": "Tester à nouveau",
    "test.running": "Question en cours…",
    "test.code": "Code",
  },
);
