// Words of set-up, sign-in, invitations and new passwords.

import { words } from "@/i18n";

export const useWords = words(
  "entrance",
  {
    "signIn.title": "Sign in",
    "signIn.submit": "Sign in",
    "signIn.instead": "Sign in instead",
    "signIn.failed": "Address and password do not belong together.",
    "setup.title": "Set up Gathering",
    "setup.lead": "You become the first owner of this server.",
    "setup.submit": "Set up",
    "accept.title": "Accept the invitation",
    "accept.lead": "Choose a name and a password.",
    "accept.submit": "Join",
    "reset.title": "Set a new password",
    "reset.lead": "All your sessions end, and you are signed in here.",
    "reset.submit": "Set password",
    "field.email": "E-mail address",
    "field.name": "Name",
    "field.password": "Password",
    "field.passwordHint":
      "At least 12 characters. A few words that only you would put together are best.",
    later: "Try again in {{seconds}} s.",
  },
  {
    "signIn.title": "Se connecter",
    "signIn.submit": "Se connecter",
    "signIn.instead": "Se connecter plutôt",
    "signIn.failed": "L’adresse et le mot de passe ne correspondent pas.",
    "setup.title": "Installer Gathering",
    "setup.lead": "Vous devenez le premier propriétaire de ce serveur.",
    "setup.submit": "Installer",
    "accept.title": "Accepter l’invitation",
    "accept.lead": "Choisissez un nom et un mot de passe.",
    "accept.submit": "Rejoindre",
    "reset.title": "Choisir un nouveau mot de passe",
    "reset.lead": "Toutes vos sessions se terminent, et vous êtes connecté ici.",
    "reset.submit": "Enregistrer le mot de passe",
    "field.email": "Adresse e-mail",
    "field.name": "Nom",
    "field.password": "Mot de passe",
    "field.passwordHint":
      "Au moins 12 caractères. Quelques mots que vous seul réuniriez conviennent le mieux.",
    later: "Réessayez dans {{seconds}} s.",
  },
);
