// One project: its name, what it may use and has used, where its tools may reach, its members.

import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, done, type Schemas, version } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Checkbox } from "@/design/field";
import { Card, Fact, Facts, Page } from "@/design/layout";
import { Read } from "@/design/state";
import { Badge } from "@/design/status";
import { AsOpened } from "@/forms/as-opened";
import { LinesField, listed, TextField } from "@/forms/fields";
import { check, Form } from "@/forms/form";
import { moment, number, size } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { Ask } from "../ask";
import { useWords as useSettingsWords } from "../words";
import { Members } from "./members";
import { useWords } from "./words";

const MEGABYTE = 1_000_000;

/** The page. */
export default function ProjectPage() {
  const t = useWords();
  const { projectId } = useParams({ from: "/settings/projects/$projectId" });
  const query = useQuery({
    queryKey: ["projects", "one", projectId],
    queryFn: () =>
      body(
        api.GET("/api/v1/projects/{project_id}", { params: { path: { project_id: projectId } } }),
      ),
  });
  if (query.data) return <Shown project={query.data} />;
  return (
    <Page title={t("title")}>
      <Read query={query}>{() => null}</Read>
    </Page>
  );
}

function Shown({ project }: { project: Schemas["Project"] }) {
  const t = useWords();
  const c = useVocabulary();
  const { may, project: here, chooseProject } = useSession();
  const open = !project.closed_at;
  const changes = may("project_write") && open;
  return (
    <Page
      title={project.name}
      above={
        <Link to="/settings/projects" className="hover:underline">
          {t("title")}
        </Link>
      }
      beside={
        <>
          {project.id === here?.id && <Badge>{t("here")}</Badge>}
          {!open && <Badge>{t("closed")}</Badge>}
        </>
      }
      actions={
        <>
          {open && project.id !== here?.id && (
            <Button onClick={() => chooseProject(project.id)}>{t("goThere")}</Button>
          )}
          {changes && <Close project={project} />}
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <Card title={t("use.title")}>
          <Facts>
            <Fact name={t("use.id")}>
              <code className="font-mono text-xs">{project.id}</code>
            </Fact>
            <Fact name={t("col.made")}>{moment(project.created_at)}</Fact>
            {project.role && <Fact name={t("col.role")}>{c(`role.${project.role}`)}</Fact>}
            <Fact name={t("col.runs")}>
              {project.quotas.runs_per_day == null
                ? t("noBound")
                : t("use.of", {
                    used: number(project.used?.runs_today ?? 0),
                    bound: number(project.quotas.runs_per_day),
                  })}
            </Fact>
            <Fact name={t("col.bytes")}>
              {project.quotas.artifact_bytes == null
                ? t("use.unbound", { used: size(project.used?.artifact_bytes ?? 0) })
                : t("use.of", {
                    used: size(project.used?.artifact_bytes ?? 0),
                    bound: size(project.quotas.artifact_bytes),
                  })}
            </Fact>
            <Fact name={t("hosts")}>
              {project.egress_hosts == null
                ? t("hosts.all")
                : project.egress_hosts.join(", ") || t("hosts.none")}
            </Fact>
          </Facts>
        </Card>
        {changes && (
          <Card title={t("edit.title")}>
            <AsOpened newest={project}>
              {(opened, load, take) => <Edit project={opened} onLoad={load} onSaved={take} />}
            </AsOpened>
          </Card>
        )}
        {changes && <Members project={project} />}
      </div>
    </Page>
  );
}

function Close({ project }: { project: Schemas["Project"] }) {
  const t = useWords();
  const { project: here } = useSession();
  const after = useAfter();
  const navigate = useGoOn();
  // What one acts in cannot be closed under oneself: go to another first.
  if (project.id === here?.id) return null;
  const close = async () => {
    const path = { project_id: project.id };
    await done(api.DELETE("/api/v1/projects/{project_id}", { params: { path } }));
    await navigate({ to: "/settings/projects" });
    void after(t("said.closed"), "projects", "me");
  };
  return (
    <Ask
      small={false}
      label={t("close")}
      title={t("closeAsk", { name: project.name })}
      hint={t("closeHint")}
      onConfirm={close}
    />
  );
}

interface EditProps {
  project: Schemas["Project"];
  onLoad: () => void;
  onSaved: (project: Schemas["Project"]) => void;
}

function Edit({ project, onLoad, onSaved }: EditProps) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const after = useAfter();
  const { quotas } = project;
  const [name, setName] = useState(project.name);
  const [runs, setRuns] = useState(quotas.runs_per_day?.toString() ?? "");
  const [megabytes, setMegabytes] = useState(
    quotas.artifact_bytes == null ? "" : String(quotas.artifact_bytes / MEGABYTE),
  );
  const [narrowed, setNarrowed] = useState(project.egress_hosts != null);
  const [hosts, setHosts] = useState(project.egress_hosts?.join("\n") ?? "");
  const send = async () => {
    check({
      "/quotas/runs_per_day": !/^\d*$/.test(runs) && t("wholeNumber"),
      "/quotas/artifact_bytes": Number(megabytes) < 0 && t("noNegative"),
    });
    const saved = await body(
      api.PATCH("/api/v1/projects/{project_id}", {
        params: { path: { project_id: project.id }, header: { "If-Match": version(project) } },
        body: {
          // The project `default` takes no name, also not its own.
          ...(name !== project.name && { name }),
          quotas: {
            runs_per_day: runs === "" ? null : Number(runs),
            artifact_bytes: megabytes === "" ? null : Math.round(Number(megabytes) * MEGABYTE),
          },
          egress_hosts: narrowed ? listed(hosts) : null,
        },
      }),
    );
    onSaved(saved);
    await after(s("saved"), "projects", "me");
  };
  return (
    <Form
      fields={["/name", "/quotas/runs_per_day", "/quotas/artifact_bytes", "/egress_hosts"]}
      action={c("action.save")}
      send={send}
      newest={{ read: () => after(null, "projects"), load: onLoad }}
    >
      <TextField label={t("col.name")} required at="/name" value={name} onChange={setName} />
      <TextField
        label={t("col.runs")}
        hint={t("runsHint")}
        at="/quotas/runs_per_day"
        type="number"
        min={0}
        step={1}
        value={runs}
        onChange={setRuns}
      />
      <TextField
        label={t("megabytes")}
        hint={t("bytesHint")}
        at="/quotas/artifact_bytes"
        type="number"
        min={0}
        step="any"
        value={megabytes}
        onChange={setMegabytes}
      />
      <Checkbox
        checked={narrowed}
        onChange={setNarrowed}
        label={t("narrow")}
        hint={t("narrowHint")}
      />
      {narrowed && (
        <LinesField
          code
          label={t("hosts")}
          hint={t("hostsHint")}
          at="/egress_hosts"
          value={hosts}
          onChange={setHosts}
        />
      )}
    </Form>
  );
}
