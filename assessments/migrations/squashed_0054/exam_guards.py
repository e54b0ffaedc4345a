"""What the database itself refuses of exams: changed history, used questions that change, wrong orders, wrong sums."""

from django.db import migrations

APPEND_ONLY = ["responseevent", "timeadjustment", "attemptevent", "scoringrun", "itemscore", "outage", "judgement"]

HISTORY = "".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON assessments_{table} "
    "FOR EACH ROW EXECUTE FUNCTION refuse_change();\n"
    for table in APPEND_ONLY
)
NO_HISTORY = "".join(f"DROP TRIGGER {table}_append_only ON assessments_{table};\n" for table in APPEND_ONLY)

QUESTIONS = """
CREATE FUNCTION question_version_is_drawn(version bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM assessments_attemptitem WHERE version_id = version);
$$;
CREATE FUNCTION question_version_is_used(version bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT question_version_is_drawn(version) OR EXISTS (
        SELECT 1 FROM assessments_questionversion v
        JOIN assessments_question q ON q.id = v.question_id
        JOIN assessments_exam e ON e.bank_id = q.bank_id
        JOIN assessments_examversion ev ON ev.exam_id = e.id
        WHERE v.id = version AND ev.published_at IS NOT NULL);
$$;
CREATE FUNCTION refuse_change_of_used_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF question_version_is_used(OLD.id) THEN
        RAISE EXCEPTION 'a used question version is immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION refuse_change_of_used_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') AND question_version_is_used(OLD.version_id) THEN
        RAISE EXCEPTION 'a used question version is immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') AND question_version_is_drawn(NEW.version_id) THEN
        RAISE EXCEPTION 'a used question version is immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER question_version_immutable BEFORE UPDATE OR DELETE ON assessments_questionversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_version();
CREATE TRIGGER option_immutable BEFORE INSERT OR UPDATE OR DELETE ON assessments_option
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_part();
CREATE TRIGGER answer_key_immutable BEFORE INSERT OR DELETE OR UPDATE OF id, version_id, fractions, feedback, rationale
    ON assessments_answerkey FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_part();
"""
NO_QUESTIONS = """
DROP TRIGGER answer_key_immutable ON assessments_answerkey;
DROP TRIGGER option_immutable ON assessments_option;
DROP TRIGGER question_version_immutable ON assessments_questionversion;
DROP FUNCTION refuse_change_of_used_part();
DROP FUNCTION refuse_change_of_used_version();
DROP FUNCTION question_version_is_used(bigint);
DROP FUNCTION question_version_is_drawn(bigint);
"""

EXAMS = """
CREATE FUNCTION refuse_change_of_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'a published exam version is immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION refuse_change_of_published_cell() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN touched := ARRAY[NEW.exam_version_id];
    ELSIF TG_OP = 'DELETE' THEN touched := ARRAY[OLD.exam_version_id];
    ELSE touched := ARRAY[OLD.exam_version_id, NEW.exam_version_id];
    END IF;
    IF EXISTS (SELECT 1 FROM assessments_examversion WHERE id = ANY (touched) AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a published exam version is immutable' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exam_version_immutable BEFORE UPDATE OR DELETE ON assessments_examversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published_version();
CREATE TRIGGER blueprint_cell_immutable BEFORE INSERT OR UPDATE OR DELETE ON assessments_blueprintcell
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published_cell();
"""
NO_EXAMS = """
DROP TRIGGER blueprint_cell_immutable ON assessments_blueprintcell;
DROP TRIGGER exam_version_immutable ON assessments_examversion;
DROP FUNCTION refuse_change_of_published_cell();
DROP FUNCTION refuse_change_of_published_version();
"""

# One look at all new rows of a statement: a start inserts every item at once, and a trigger for each row would ask 100 times.
DRAW = """
CREATE FUNCTION check_option_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM fresh f
        LEFT JOIN LATERAL (
            SELECT array_agg(o.id ORDER BY o.id) AS ids FROM assessments_option o WHERE o.version_id = f.version_id
        ) known ON true
        LEFT JOIN LATERAL (
            SELECT array_agg(x ORDER BY x) AS ids FROM unnest(f.option_order) x
        ) drawn ON true
        WHERE known.ids IS DISTINCT FROM drawn.ids
           OR cardinality(f.option_tokens) <> cardinality(f.option_order)
    ) THEN
        RAISE EXCEPTION 'option order is not a permutation of the options' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER attempt_item_option_order AFTER INSERT ON assessments_attemptitem
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION check_option_order();
CREATE TRIGGER attempt_item_draw_immutable
    BEFORE UPDATE OF attempt_id, position, question_id, version_id, option_order, option_tokens, max_mark
    ON assessments_attemptitem FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempt_item_kept BEFORE DELETE ON assessments_attemptitem
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
NO_DRAW = """
DROP TRIGGER attempt_item_kept ON assessments_attemptitem;
DROP TRIGGER attempt_item_draw_immutable ON assessments_attemptitem;
DROP TRIGGER attempt_item_option_order ON assessments_attemptitem;
DROP FUNCTION check_option_order();
"""

# At commit, when the items' scores are there too.
SUM = """
CREATE FUNCTION check_scoring_run() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE total numeric; maximum numeric; mark numeric;
BEGIN
    SELECT sum(s.mark), sum(s.max_mark) INTO total, maximum FROM assessments_itemscore s WHERE s.run_id = NEW.id;
    SELECT v.pass_percent INTO mark FROM assessments_attempt a
        JOIN assessments_examversion v ON v.id = a.exam_version_id WHERE a.id = NEW.attempt_id;
    IF total IS DISTINCT FROM NEW.score OR maximum IS DISTINCT FROM NEW.max_score
       OR NEW.passed IS DISTINCT FROM (NEW.score * 100 >= mark * NEW.max_score) THEN
        RAISE EXCEPTION 'a scoring run is the sum of its item scores' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER scoring_run_sum AFTER INSERT ON assessments_scoringrun
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_scoring_run();
"""
NO_SUM = """
DROP TRIGGER scoring_run_sum ON assessments_scoringrun;
DROP FUNCTION check_scoring_run();
"""

# What an applied correction changed is history.
REGRADES = """
CREATE FUNCTION refuse_change_of_applied_regrade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM assessments_regrade WHERE id = OLD.regrade_id AND state = 'applied')
       AND (TG_OP = 'DELETE' OR OLD.outcome IN ('kept', 'withdrawn')
            OR (OLD.regrade_id, OLD.attempt_id, OLD.mark_before, OLD.mark_after, OLD.score_before, OLD.score_after,
                OLD.maximum_before, OLD.maximum_after, OLD.passed_before, OLD.passed_after)
               IS DISTINCT FROM
               (NEW.regrade_id, NEW.attempt_id, NEW.mark_before, NEW.mark_after, NEW.score_before, NEW.score_after,
                NEW.maximum_before, NEW.maximum_after, NEW.passed_before, NEW.passed_after)) THEN
        RAISE EXCEPTION 'what an applied regrade changed is history' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER regrade_change_kept BEFORE UPDATE OR DELETE ON assessments_regradechange
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_applied_regrade();
CREATE FUNCTION refuse_change_of_regrade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state IN ('applied', 'dropped')
       OR (OLD.version_id, OLD.effect, OLD.answers, OLD.reason, OLD.made_by_id, OLD.made_at)
          IS DISTINCT FROM (NEW.version_id, NEW.effect, NEW.answers, NEW.reason, NEW.made_by_id, NEW.made_at) THEN
        RAISE EXCEPTION 'a regrade is history' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER regrade_kept BEFORE UPDATE OR DELETE ON assessments_regrade
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_regrade();
"""
NO_REGRADES = """
DROP TRIGGER regrade_kept ON assessments_regrade;
DROP FUNCTION refuse_change_of_regrade();
DROP TRIGGER regrade_change_kept ON assessments_regradechange;
DROP FUNCTION refuse_change_of_applied_regrade();
"""

GUARDS = [
    migrations.RunSQL(HISTORY, NO_HISTORY),
    migrations.RunSQL(QUESTIONS, NO_QUESTIONS),
    migrations.RunSQL(EXAMS, NO_EXAMS),
    migrations.RunSQL(DRAW, NO_DRAW),
    migrations.RunSQL(SUM, NO_SUM),
    migrations.RunSQL(REGRADES, NO_REGRADES),
]
