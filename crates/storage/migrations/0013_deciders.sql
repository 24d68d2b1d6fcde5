-- Who may decide an approval, where it names anybody: roles and e-mail addresses as words.
CREATE TABLE approval_deciders (
    approval_id uuid NOT NULL,
    decider text NOT NULL,
    PRIMARY KEY (approval_id, decider)
);
