-- The badge that was last shown or enrolled within the session: by it the workstation is told of the grace period.
ALTER TABLE sessions ADD COLUMN badge_id UUID REFERENCES badges (id);

-- A person's last strong sign-in in each unit: where her grace reaches no further than a unit, one in another takes
-- nothing from it.
CREATE TABLE graces_of_units (
    user_id  UUID NOT NULL REFERENCES users (id),
    unit     TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, unit)
);
INSERT INTO graces_of_units SELECT user_id, unit, began_at FROM graces;
DROP TABLE graces;
ALTER TABLE graces_of_units RENAME TO graces;
