// The projects in which the person may act.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FolderKanban, Plus } from "lucide-react";
import { useState } from "react";
import { api, body, idempotencyKey, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Field, Input } from "@/design/field";
import { Page, Table, Td, Th } from "@/design/layout";
import { Empty } from "@/design/state";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { number, size } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { FormWindow } from "../form";
import { Listed } from "../listed";
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
        {(items) => <Rows items={items} />}
      </Listed>
      {making && <Make onClose={() => setMaking(false)} />}
    </Page>
  );
}

function Rows({ items }: { items: Schemas["Project"][] }) {
  const t = useWords();
  const c = useVocabulary();
  const { project: here } = useSession();
  return (
    <Table
      label={t("title")}
      head={
        <>
          <Th>{t("col.name")}</Th>
          <Th>{t("col.role")}</Th>
          <Th>{t("col.runs")}</Th>
          <Th>{t("col.bytes")}</Th>
          <Th>{t("col.made")}</Th>
        </>
      }
    >
      {items.map((project) => (
        <tr key={project.id}>
          <Td className="whitespace-nowrap">
            <Link
              to="/settings/projects/$projectId"
              params={{ projectId: project.id }}
              className="font-medium text-accent hover:underline"
            >
              {project.name}
            </Link>
            {project.id === here?.id && <Badge className="ml-2">{t("here")}</Badge>}
          </Td>
          <Td>{project.role ? c(`role.${project.role}`) : "–"}</Td>
          <Td>
            {project.quotas.runs_per_day == null
              ? t("noBound")
              : number(project.quotas.runs_per_day)}
          </Td>
          <Td>
            {project.quotas.artifact_bytes == null
              ? t("noBound")
              : size(project.quotas.artifact_bytes)}
          </Td>
          <Td>
            <Ago at={project.created_at} />
          </Td>
        </tr>
      ))}
    </Table>
  );
}

function Make({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const c = useVocabulary();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [key] = useState(idempotencyKey);
  const [name, setName] = useState("");
  const send = async () => {
    const made = await body(
      api.POST("/api/v1/projects", {
        params: { header: { "Idempotency-Key": key } },
        body: { name },
      }),
    );
    void client.invalidateQueries({ queryKey: ["projects"] });
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
      {(at) => (
        <Field label={t("col.name")} required error={at("/name")}>
          <Input autoComplete="off" value={name} onChange={({ target }) => setName(target.value)} />
        </Field>
      )}
    </FormWindow>
  );
}
