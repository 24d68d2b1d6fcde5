-- Schedules, and every fire of each: which slot it stands for, and what became of it.
CREATE TABLE schedules (
    id uuid NOT NULL PRIMARY KEY,
    project_id uuid NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL,
    -- For whom its runs act: whoever changed it last.
    actor text NOT NULL,
    api_key_id uuid,
    -- JSON: when, by which policies, and what is started.
    timing text NOT NULL,
    policy text NOT NULL,
    action text NOT NULL,
    paused_at bigint,
    -- The next time it stands for; none once there is none.
    next_slot bigint,
    -- When it is looked at next; none while it is paused, and at its end.
    due_at bigint,
    fires bigint NOT NULL,
    -- Whether the end of a run of it is something to look at.
    heeds_ends boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT schedules_project_id_name_key UNIQUE (project_id, name)
);
CREATE INDEX schedules_by_project ON schedules (project_id, id);
CREATE INDEX schedules_due ON schedules (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE fires (
    id uuid NOT NULL PRIMARY KEY,
    schedule_id uuid NOT NULL,
    slot bigint NOT NULL,
    -- Somebody started it by hand: it stands for no slot of the schedule.
    manual boolean NOT NULL,
    status text NOT NULL,
    -- Which run it is of those that were tried for it, from 1.
    attempt bigint NOT NULL,
    run_id uuid,
    -- When the next one is tried.
    retry_at bigint,
    -- Of slots that were missed: how many, and the last of them.
    missed bigint NOT NULL,
    missed_until bigint,
    -- JSON: why nothing was started.
    error text,
    created_at bigint NOT NULL,
    -- While something may still come of it.
    is_open boolean NOT NULL
);
-- A slot fires once, whoever fires it.
CREATE UNIQUE INDEX fires_slot_key ON fires (schedule_id, slot) WHERE NOT manual;
CREATE INDEX fires_of_schedule ON fires (schedule_id, id);
CREATE INDEX fires_open ON fires (schedule_id) WHERE is_open;
CREATE INDEX fires_created ON fires (created_at);
