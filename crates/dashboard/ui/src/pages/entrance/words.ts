// Words of set-up, sign-in, invitations and new passwords.

import { words } from "@/i18n";

export const useWords = words(
  "entrance",
  {
    "signIn.title": "Sign in",
    "signIn.submit": "Sign in",
    "signIn.ended": "Your session has ended. Sign in as {{email}} to continue where you were.",
    "signIn.other":
      "What was not saved is lost if you sign in as somebody else, or leave the page.",
    "setup.title": "Set up Gathering",
    "setup.lead": "You become the first owner of this server.",
    "setup.submit": "Set up",
    "invite.title": "Accept the invitation",
    "invite.lead": "Choose a name and a password.",
    "invite.submit": "Join",
    "reset.title": "Set a new password",
    "reset.lead": "All your sessions end, and you are signed in here.",
    "reset.submit": "Set password",
    "field.email": "E-mail address",
    "field.name": "Name",
    "field.password": "Password",
    "field.passwordHint":
      "At least 12 characters. A few words that only you would put together are best.",
    "fault.invalid_email": "This is not an e-mail address.",
    "fault.invalid_name": "A name has 1 to 120 characters, and no space around it.",
    "fault.too_short": "This has fewer than 12 characters.",
    "fault.too_long": "This is too long.",
    "fault.too_common": "This password is too common.",
    "refused.wrong_credentials": "The address or the password is wrong.",
    "refused.too_many_requests":
      "There were too many attempts. Browsers that signed in before can still do so.",
    "refused.setup_done": "This server has its first owner already: sign in, or ask them.",
    "refused.wrong_setup_link":
      "This link is not valid. The newest one is in the log of the server.",
    "refused.wrong_invitation":
      "This invitation was already used, has expired, or was withdrawn. Sign in if you have used it; otherwise ask for a new one.",
    "refused.wrong_password_link":
      "This link was already used, has expired, or was replaced by a newer one. Ask an owner for another.",
    later: "Try again in {{wait}}.",
    "later.now": "You can try again now.",
    toSignIn: "Sign in instead",
    present: "{{email}} is signed in in this browser, and is signed out if you go on.",
    "present.stay": "Do not use the link",
  },
  {
    "signIn.title": "Se connecter",
    "signIn.submit": "Se connecter",
    "signIn.ended":
      "Votre session est terminée. Connectez-vous en tant que {{email}} pour reprendre où vous étiez.",
    "signIn.other":
      "Ce qui n’est pas enregistré est perdu si quelqu’un d’autre se connecte ou si vous quittez la page.",
    "setup.title": "Installer Gathering",
    "setup.lead": "Vous devenez le premier propriétaire de ce serveur.",
    "setup.submit": "Installer",
    "invite.title": "Accepter l’invitation",
    "invite.lead": "Choisissez un nom et un mot de passe.",
    "invite.submit": "Rejoindre",
    "reset.title": "Choisir un nouveau mot de passe",
    "reset.lead": "Toutes vos sessions se terminent, et vous êtes connecté ici.",
    "reset.submit": "Enregistrer le mot de passe",
    "field.email": "Adresse e-mail",
    "field.name": "Nom",
    "field.password": "Mot de passe",
    "field.passwordHint":
      "Au moins 12 caractères. Quelques mots que vous seul réuniriez conviennent le mieux.",
    "fault.invalid_email": "Ce n’est pas une adresse e-mail.",
    "fault.invalid_name": "Un nom a de 1 à 120 caractères, sans espace autour.",
    "fault.too_short": "Il y a moins de 12 caractères.",
    "fault.too_long": "C’est trop long.",
    "fault.too_common": "Ce mot de passe est trop courant.",
    "refused.wrong_credentials": "L’adresse ou le mot de passe est incorrect.",
    "refused.too_many_requests":
      "Il y a eu trop d’essais. Les navigateurs déjà connectés auparavant le peuvent encore.",
    "refused.setup_done":
      "Ce serveur a déjà son premier propriétaire : connectez-vous, ou demandez-lui.",
    "refused.wrong_setup_link":
      "Ce lien n’est pas valable. Le plus récent est dans le journal du serveur.",
    "refused.wrong_invitation":
      "Cette invitation a déjà servi, est trop ancienne ou a été retirée. Connectez-vous si vous l’avez utilisée ; sinon, demandez-en une autre.",
    "refused.wrong_password_link":
      "Ce lien a déjà servi, est trop ancien, ou un plus récent l’a remplacé. Demandez-en un autre à un propriétaire.",
    later: "Réessayez dans {{wait}}.",
    "later.now": "Vous pouvez réessayer.",
    toSignIn: "Se connecter plutôt",
    present: "{{email}} est connecté dans ce navigateur, et ne le sera plus si vous continuez.",
    "present.stay": "Ne pas utiliser le lien",
  },
);
