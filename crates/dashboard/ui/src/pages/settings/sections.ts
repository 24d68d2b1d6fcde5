// The sections of the settings, and who sees them.

import {
  Activity,
  Bell,
  Cpu,
  FolderKanban,
  KeyRound,
  Lock,
  type LucideIcon,
  MonitorSmartphone,
  UserRound,
  UsersRound,
} from "lucide-react";
import type { Schemas } from "@/api/client";

type Name =
  | "account"
  | "sessions"
  | "keys"
  | "people"
  | "projects"
  | "providers"
  | "secrets"
  | "channels"
  | "system";

interface Section {
  to: `/settings/${Name}`;
  name: `section.${Name}`;
  icon: LucideIcon;
  needs?: Schemas["Permission"];
}

/** The sections, in the order of the side list. */
export const SECTIONS: Section[] = [
  { to: "/settings/account", name: "section.account", icon: UserRound },
  { to: "/settings/sessions", name: "section.sessions", icon: MonitorSmartphone },
  { to: "/settings/keys", name: "section.keys", icon: KeyRound },
  { to: "/settings/people", name: "section.people", icon: UsersRound, needs: "user_read" },
  { to: "/settings/projects", name: "section.projects", icon: FolderKanban },
  { to: "/settings/providers", name: "section.providers", icon: Cpu, needs: "read" },
  { to: "/settings/secrets", name: "section.secrets", icon: Lock, needs: "provider_write" },
  { to: "/settings/channels", name: "section.channels", icon: Bell, needs: "read" },
  { to: "/settings/system", name: "section.system", icon: Activity, needs: "system_read" },
];
