// Words of secrets.

import { words } from "@/i18n";

export const useWords = words(
  "settings.secrets",
  {
    title: "Secrets",
    lead: "Values that nobody reads back, each for the hosts that it is meant for.",
    none: "There are no secrets",
    noneHint: "Write the key of a model provider, or what an HTTP action shows to another service.",
    write: "Write a secret",
    rewrite: "Write anew",
    rewriteTitle: "Write “{{name}}” anew",
    writeHint: "The value is sealed and shown by nothing.",
    taken: "There is a secret of that name. Write that one anew.",
    value: "Value",
    "col.name": "Name",
    "col.hosts": "May be sent to",
    "col.written": "Written",
    nameHint: "By which definitions refer to it, such as PAGER.",
    hostsHint:
      "One host a line. Without any it is the key of a model provider, for that provider's host alone.",
    keyHost: "{{host}}, as a provider's key",
    noHost: "the first provider that takes it as its key",
    deleteAsk: "Delete the secret “{{name}}”?",
    deleteHint: "What uses it fails from then on. The value cannot be had back.",
    "said.deleted": "The secret is gone.",
  },
  {
    title: "Secrets",
    lead: "Des valeurs que personne ne relit, chacune pour les hôtes auxquels elle est destinée.",
    none: "Il n’y a aucun secret",
    noneHint:
      "Écrivez la clé d’un fournisseur de modèles, ou ce qu’une action HTTP présente à un autre service.",
    write: "Écrire un secret",
    rewrite: "Réécrire",
    rewriteTitle: "Réécrire « {{name}} »",
    writeHint: "La valeur est scellée, et rien ne l’affiche.",
    taken: "Un secret porte ce nom. Réécrivez celui-là.",
    value: "Valeur",
    "col.name": "Nom",
    "col.hosts": "Peut être envoyé à",
    "col.written": "Écrit",
    nameHint: "Par lequel les définitions le désignent, par exemple PAGER.",
    hostsHint:
      "Un hôte par ligne. Sans hôte, c’est la clé d’un fournisseur de modèles, pour son seul hôte.",
    keyHost: "{{host}}, comme clé d’un fournisseur",
    noHost: "premier fournisseur qui le prend pour clé",
    deleteAsk: "Supprimer le secret « {{name}} » ?",
    deleteHint: "Ce qui l’utilise échouera. La valeur ne pourra être retrouvée.",
    "said.deleted": "Le secret est supprimé.",
  },
);
