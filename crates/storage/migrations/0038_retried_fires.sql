-- Whether a schedule is to retry a run is asked of each run that is old enough to go.
CREATE INDEX fires_retried ON fires (run_id) WHERE is_open AND status = 'retrying';
