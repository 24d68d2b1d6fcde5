// Invites somebody: address, role, projects; then shows the link, once.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, idempotencyKey, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Field, Input, Select } from "@/design/field";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { FormWindow } from "../form";
import { Once, wholeLink } from "../once";
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
  const { say } = useToast();
  const { project } = useSession();
  const client = useQueryClient();
  const projects = useProjects();
  const [key] = useState(idempotencyKey);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Schemas["Role"]>("member");
  const [days, setDays] = useState(7);
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
          expires_in_seconds: days * DAY_SECONDS,
          projects: joins
            ? Object.entries(joined).map(([project_id, role]) => ({ project_id, role }))
            : [],
        },
      }),
    );
    void client.invalidateQueries({ queryKey: ["invitations"] });
    if (invited.url) {
      setLink(wholeLink(invited.url));
      return;
    }
    say(t("said.invitedBefore"));
    onClose();
  };
  if (link !== null) {
    return (
      <Once
        title={t("invited", { email })}
        hint={t("invitedHint")}
        value={link}
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
      {(at) => (
        <>
          <Field label={t("col.email")} required error={at("/email")}>
            <Input
              type="email"
              autoComplete="off"
              value={email}
              onChange={({ target }) => setEmail(target.value)}
            />
          </Field>
          <Field label={t("col.role")} hint={t(`role.${role}`)} required error={at("/role")}>
            <Select value={role} onChange={({ target }) => setRole(target.value as typeof role)}>
              {ROLES.map((one) => (
                <option key={one} value={one}>
                  {c(`role.${one}`)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t("lasts")} required error={at("/expires_in_seconds")}>
            <Select value={days} onChange={({ target }) => setDays(Number(target.value))}>
              {LASTS.map((one) => (
                <option key={one} value={one}>
                  {t("days", { count: one })}
                </option>
              ))}
            </Select>
          </Field>
          {joins && (
            <fieldset className="flex flex-col gap-2">
              <legend className="mb-1 text-sm font-medium">{t("col.projects")}</legend>
              {projects.items.map(({ id, name }) => (
                <Field key={id} label={name} required>
                  <Select
                    value={joined[id] ?? ""}
                    onChange={({ target }) => {
                      const { [id]: _, ...rest } = joined;
                      const next = MEMBER_ROLES.find((one) => one === target.value);
                      setJoined(next ? { ...rest, [id]: next } : rest);
                    }}
                  >
                    <option value="">{t("noMember")}</option>
                    {MEMBER_ROLES.map((one) => (
                      <option key={one} value={one}>
                        {c(`role.${one}`)}
                      </option>
                    ))}
                  </Select>
                </Field>
              ))}
              {at("/projects") && (
                <p role="alert" className="text-xs text-bad">
                  {at("/projects")}
                </p>
              )}
            </fieldset>
          )}
        </>
      )}
    </FormWindow>
  );
}
