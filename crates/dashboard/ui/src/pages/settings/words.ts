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
    saved: "Saved.",
    "stale.again":
      "Someone else has changed this in the meantime. It has been reloaded: please confirm again.",
    "test.ok": "Works",
    "test.bad": "Failed",
    "test.do": "Test",
    "test.again": "Test again",
    "test.running": "Testing…",
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
    saved: "Enregistré.",
    "stale.again":
      "Quelqu’un d’autre a modifié ceci entre-temps. La dernière version est lue : confirmez à nouveau.",
    "test.ok": "Réussi",
    "test.bad": "Échec",
    "test.do": "Tester",
    "test.again": "Tester à nouveau",
    "test.running": "Test en cours…",
    "test.code": "Code",
  },
);
