// Words of what can be started: pipelines and agents, and what they are given.

import { words } from "@/i18n";

export const useWords = words(
  "startables",
  {
    "kind.label": "What it starts",
    "kind.pipeline": "A pipeline",
    "kind.agent": "An agent",
    "kind.action": "One action",
    pipeline: "Pipeline",
    agent: "Agent",
    choose: "Choose one",
    nonePipelines: "There is no pipeline in this project yet. Make one first.",
    noneAgents: "There is no agent in this project yet. Make one first.",
    gone: "{{id}} (removed)",
    nullMember: "A change cannot write null into a member ({{name}}). Leave the member out.",
  },
  {
    "kind.label": "Ce qui est lancé",
    "kind.pipeline": "Un pipeline",
    "kind.agent": "Un agent",
    "kind.action": "Une action",
    pipeline: "Pipeline",
    agent: "Agent",
    choose: "Choisissez",
    nonePipelines: "Ce projet n’a pas encore de pipeline. Créez-en un d’abord.",
    noneAgents: "Ce projet n’a pas encore d’agent. Créez-en un d’abord.",
    gone: "{{id}} (supprimé)",
    nullMember: "Une modification ne peut écrire null dans un membre ({{name}}). Omettez-le.",
  },
);
