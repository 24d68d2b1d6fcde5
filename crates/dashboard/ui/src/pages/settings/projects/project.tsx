// One project: its name, what it may use and has used, where its tools may reach, its members.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, done, type Schemas, version } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Checkbox, Field, Input, TextArea } from "@/design/field";
import { Card, Fact, Facts, Page } from "@/design/layout";
import { Read } from "@/design/state";
import { Badge } from "@/design/status";
import { useToast } from "@/design/toast";
import { moment, number, size } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { Form } from "../form";
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
            <Edit key={project.version} project={project} />
          </Card>
        )}
        {changes && <Members project={project} />}
      </div>
    </Page>
  );
}

function useChanged() {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: ["projects"] });
    void client.invalidateQueries({ queryKey: ["me"] });
  };
}

function Close({ project }: { project: Schemas["Project"] }) {
  const t = useWords();
  const { say } = useToast();
  const { project: here } = useSession();
  const changed = useChanged();
  const navigate = useNavigate();
  // What one acts in cannot be closed under oneself: go to another first.
  if (project.id === here?.id) return null;
  const close = async () => {
    const path = { project_id: project.id };
    await done(api.DELETE("/api/v1/projects/{project_id}", { params: { path } }));
    say(t("said.closed"));
    await navigate({ to: "/settings/projects" });
    void changed();
  };
  return (
    <Confirm
      trigger={<Button look="danger">{t("close")}</Button>}
      title={t("closeAsk", { name: project.name })}
      action={t("close")}
      onConfirm={close}
    >
      {t("closeHint")}
    </Confirm>
  );
}

function Edit({ project }: { project: Schemas["Project"] }) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { say } = useToast();
  const changed = useChanged();
  const { quotas } = project;
  const [name, setName] = useState(project.name);
  const [runs, setRuns] = useState(quotas.runs_per_day?.toString() ?? "");
  const [megabytes, setMegabytes] = useState(
    quotas.artifact_bytes == null ? "" : String(quotas.artifact_bytes / MEGABYTE),
  );
  const [narrowed, setNarrowed] = useState(project.egress_hosts != null);
  const [hosts, setHosts] = useState(project.egress_hosts?.join("\n") ?? "");
  const send = async () => {
    await body(
      api.PATCH("/api/v1/projects/{project_id}", {
        params: { path: { project_id: project.id }, header: { "If-Match": version(project) } },
        body: {
          // The project `default` takes no name, also not its own.
          ...(name !== project.name && { name }),
          quotas: {
            runs_per_day: runs === "" ? null : Number(runs),
            artifact_bytes: megabytes === "" ? null : Math.round(Number(megabytes) * MEGABYTE),
          },
          egress_hosts: narrowed ? hosts.split(/[\s,]+/).filter((host) => host !== "") : null,
        },
      }),
    );
    say(s("saved"));
    await changed();
  };
  return (
    <Form
      fields={["/name", "/quotas/runs_per_day", "/quotas/artifact_bytes", "/egress_hosts"]}
      action={c("action.save")}
      send={send}
    >
      {(at) => (
        <>
          <Field label={t("col.name")} required error={at("/name")}>
            <Input value={name} onChange={({ target }) => setName(target.value)} />
          </Field>
          <Field label={t("col.runs")} hint={t("runsHint")} error={at("/quotas/runs_per_day")}>
            <Input
              type="number"
              min={0}
              step={1}
              value={runs}
              onChange={({ target }) => setRuns(target.value)}
            />
          </Field>
          <Field label={t("megabytes")} hint={t("bytesHint")} error={at("/quotas/artifact_bytes")}>
            <Input
              type="number"
              min={0}
              step="any"
              value={megabytes}
              onChange={({ target }) => setMegabytes(target.value)}
            />
          </Field>
          <Checkbox
            checked={narrowed}
            onChange={setNarrowed}
            label={t("narrow")}
            hint={t("narrowHint")}
          />
          {narrowed && (
            <Field label={t("hosts")} hint={t("hostsHint")} error={at("/egress_hosts")}>
              <TextArea
                className="font-mono text-xs"
                rows={4}
                spellCheck={false}
                value={hosts}
                onChange={({ target }) => setHosts(target.value)}
              />
            </Field>
          )}
        </>
      )}
    </Form>
  );
}
