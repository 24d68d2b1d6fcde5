// Words of secrets.

import { words } from "@/i18n";

export const useWords = words(
  "settings.secrets",
  {
    title: "Secrets",
    lead: "Values that cannot be read back, each restricted to the hosts it is meant for.",
    none: "No secrets yet",
    noneHint: "Add the key of a model provider, or a credential for an HTTP action.",
    write: "Add a secret",
    rewrite: "Replace",
    rewriteTitle: "Replace “{{name}}”",
    writeHint: "The value is encrypted and never shown again.",
    taken: "A secret with that name exists. Replace it instead.",
    value: "Value",
    "col.name": "Name",
    "col.hosts": "May be sent to",
    "col.written": "Changed",
    nameHint: "Definitions refer to it by this name, such as PAGER.",
    hostsHint:
      "One host per line. Leave empty for the key of a model provider: it is sent to that provider only.",
    keyHost: "{{host}}, as a provider's key",
    noHost: "the first provider that takes it as its key",
    deleteAsk: "Delete the secret “{{name}}”?",
    deleteHint: "Whatever uses it will fail. The value cannot be recovered.",
    "said.deleted": "The secret is deleted.",
  },
  {
    title: "Secrets",
    lead: "Des valeurs qui ne peuvent être relues, chacune réservée aux hôtes auxquels elle est destinée.",
    none: "Aucun secret",
    noneHint: "Ajoutez la clé d’un fournisseur de modèles, ou un identifiant pour une action HTTP.",
    write: "Ajouter un secret",
    rewrite: "Remplacer",
    rewriteTitle: "Remplacer « {{name}} »",
    writeHint: "La valeur est chiffrée et n’est plus jamais affichée.",
    taken: "Un secret porte déjà ce nom. Remplacez-le.",
    value: "Valeur",
    "col.name": "Nom",
    "col.hosts": "Peut être envoyé à",
    "col.written": "Modifié",
    nameHint: "Les définitions le désignent par ce nom, par exemple PAGER.",
    hostsHint:
      "Un hôte par ligne. Laissez vide pour la clé d’un fournisseur de modèles : elle n’est envoyée qu’à lui.",
    keyHost: "{{host}}, comme clé d’un fournisseur",
    noHost: "premier fournisseur qui le prend pour clé",
    deleteAsk: "Supprimer le secret « {{name}} » ?",
    deleteHint: "Ce qui l’utilise échouera. La valeur ne pourra être retrouvée.",
    "said.deleted": "Le secret est supprimé.",
  },
);
