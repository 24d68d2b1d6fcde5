// The projects in which the person may act.

import { Link } from "@tanstack/react-router";
import { FolderKanban, Plus } from "lucide-react";
import { useState } from "react";
import { api, body, idempotencyKey, type Schemas } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Page } from "@/design/layout";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Empty } from "@/design/state";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { TextField } from "@/forms/fields";
import { FormWindow } from "@/forms/form";
import { number, size } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { useProjects } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function Projects() {
  const t = useWords();
  const { may } = useSession();
  const [making, setMaking] = useState(false);
  const list = useProjects();
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        may("project_write") && (
          <Button look="primary" icon={<Plus />} onClick={() => setMaking(true)}>
            {t("make")}
          </Button>
        )
      }
    >
      <Listed
        list={list}
        empty={
          <Empty icon={<FolderKanban />} title={t("none")}>
            {t("noneHint")}
          </Empty>
        }
      >
        {(items) => <ProjectRows items={items} />}
      </Listed>
      {making && <Make onClose={() => setMaking(false)} />}
    </Page>
  );
}

function ProjectRows({ items }: { items: Schemas["Project"][] }) {
  const t = useWords();
  const c = useVocabulary();
  const { project: here } = useSession();
  return (
    <Rows
      label={t("title")}
      items={items}
      id={({ id }) => id}
      columns={[
        {
          name: t("col.name"),
          cell: ({ id, name }) => (
            <>
              <Link
                to="/settings/projects/$projectId"
                params={{ projectId: id }}
                className="text-accent hover:underline"
              >
                {name}
              </Link>{" "}
              {id === here?.id && <Badge>{t("here")}</Badge>}
            </>
          ),
        },
        { name: t("col.role"), cell: ({ role }) => (role ? c(`role.${role}`) : "–") },
        {
          name: t("col.runs"),
          cell: ({ quotas: { runs_per_day: most } }) =>
            most == null ? t("noBound") : number(most),
        },
        {
          name: t("col.bytes"),
          cell: ({ quotas: { artifact_bytes: most } }) =>
            most == null ? t("noBound") : size(most),
        },
        { name: t("col.made"), cell: ({ created_at }) => <Ago at={created_at} /> },
      ]}
    />
  );
}

function Make({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const c = useVocabulary();
  const after = useAfter();
  const navigate = useGoOn();
  const [key] = useState(idempotencyKey);
  const [name, setName] = useState("");
  const send = async () => {
    const made = await body(
      api.POST("/api/v1/projects", {
        params: { header: { "Idempotency-Key": key } },
        body: { name },
      }),
    );
    void after(null, "projects");
    onClose();
    void navigate({ to: "/settings/projects/$projectId", params: { projectId: made.id } });
  };
  return (
    <FormWindow
      title={t("make")}
      action={c("action.create")}
      fields={["/name"]}
      onClose={onClose}
      send={send}
    >
      <TextField label={t("col.name")} required at="/name" value={name} onChange={setName} />
    </FormWindow>
  );
}
