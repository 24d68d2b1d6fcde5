// The versions of a pipeline.

import type { Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Versions } from "@/design/versions";
import { givenDefinition } from "./definition";
import { freshText } from "./editor/yaml-edit";
import { replacePipeline, useVersions } from "./queries";

const textOf = ({ definition }: Schemas["PipelineVersion"]) => freshText(definition);

/** The card. */
export function PipelineVersions({ pipeline }: { pipeline: Schemas["Pipeline"] }) {
  const { may } = useSession();
  const restore = ({ definition }: Schemas["PipelineVersion"]) =>
    replacePipeline(pipeline, givenDefinition(definition));
  return (
    <Versions
      versions={useVersions(pipeline.id)}
      present={pipeline.version_id}
      textOf={textOf}
      restore={may("definition_write") && restore}
      kind="pipelines"
    />
  );
}
