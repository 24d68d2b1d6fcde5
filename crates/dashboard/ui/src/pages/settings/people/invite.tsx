// Invites somebody: address, role, projects; then shows the link, once.

import { useState } from "react";
import { api, body, idempotencyKey, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { ChoiceField, Group, TextField } from "@/forms/fields";
import { FormWindow } from "@/forms/form";
import { ToldOnce, wholeLink } from "@/forms/told-once";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { useProjects } from "../projects/queries";
import { ROLES } from "./person";
import { useWords } from "./words";

const DAY_SECONDS = 86_400;
/** How many days an invitation may last. */
const LASTS = [1, 7, 30];
const MEMBER_ROLES: Schemas["MemberRole"][] = ["member", "viewer"];

/** The form, and the link after it. */
export function Invite({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const c = useVocabulary();
  const { project } = useSession();
  const after = useAfter();
  const projects = useProjects();
  const [key] = useState(idempotencyKey);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Schemas["Role"]>("member");
  const [days, setDays] = useState("7");
  const [joined, setJoined] = useState<Record<string, Schemas["MemberRole"]>>(
    project ? { [project.id]: "member" } : {},
  );
  const [link, setLink] = useState<string | null>(null);
  /** Owners and operators act in every project anyway. */
  const joins = role === "member" || role === "viewer";
  const send = async () => {
    const invited = await body(
      api.POST("/api/v1/invitations", {
        params: { header: { "Idempotency-Key": key } },
        body: {
          email,
          role,
          expires_in_seconds: Number(days) * DAY_SECONDS,
          projects: joins
            ? Object.entries(joined).map(([project_id, role]) => ({ project_id, role }))
            : [],
        },
      }),
    );
    void after(invited.url ? null : t("said.invitedBefore"), "invitations");
    if (invited.url) setLink(wholeLink(invited.url));
    else onClose();
  };
  if (link !== null) {
    return (
      <ToldOnce
        title={t("invited", { email })}
        hint={t("invitedHint")}
        text={link}
        onClose={onClose}
      />
    );
  }
  return (
    <FormWindow
      title={t("invite")}
      description={t("inviteHint")}
      action={t("invite.do")}
      fields={["/email", "/role", "/projects", "/expires_in_seconds"]}
      onClose={onClose}
      send={send}
    >
      <TextField
        label={t("col.email")}
        required
        at="/email"
        type="email"
        value={email}
        onChange={setEmail}
      />
      <ChoiceField
        label={t("col.role")}
        hint={t(`role.${role}`)}
        required
        at="/role"
        value={role}
        onChange={setRole}
        choices={ROLES}
        say={(one) => c(`role.${one}`)}
      />
      <ChoiceField
        label={t("lasts")}
        required
        at="/expires_in_seconds"
        value={days}
        onChange={setDays}
        choices={LASTS.map(String)}
        say={(one) => t("days", { count: Number(one) })}
      />
      {joins && (
        <Group label={t("col.projects")} at="/projects">
          {projects.items.map(({ id, name }) => (
            <ChoiceField
              key={id}
              label={name}
              required
              value={joined[id] ?? ""}
              onChange={(next) => {
                const { [id]: _, ...rest } = joined;
                setJoined(next === "" ? rest : { ...rest, [id]: next });
              }}
              choices={["" as const, ...MEMBER_ROLES]}
              say={(one) => (one === "" ? t("noMember") : c(`role.${one}`))}
            />
          ))}
        </Group>
      )}
    </FormWindow>
  );
}
