from django.db import migrations

# What a line says stays. Only the rows that it points to may go: then the pointer becomes NULL.
SAID = ("brand_id", "kind", "given", "text", "text_hash", "language", "at")
POSTGRESQL = [
    f"""
    CREATE FUNCTION scheduling_consent_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF current_setting('marketplace.audit_may_forget', true) = 'on' THEN
                RETURN OLD;
            END IF;
        ELSIF ({', '.join(f'OLD.{column}' for column in SAID)}) IS NOT DISTINCT FROM ({', '.join(f'NEW.{column}' for column in SAID)})
            AND (NEW.booking_id IS NULL OR NEW.booking_id = OLD.booking_id)
            AND (NEW.person_id IS NULL OR NEW.person_id = OLD.person_id) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the consent log is only added to' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER scheduling_consent_append_only BEFORE UPDATE OR DELETE ON scheduling_consent
    FOR EACH ROW EXECUTE FUNCTION scheduling_consent_refuse()
    """,
]
SQLITE = [
    f"""
    CREATE TRIGGER scheduling_consent_no_update BEFORE UPDATE ON scheduling_consent
    WHEN {' OR '.join(f'OLD.{column} IS NOT NEW.{column}' for column in SAID)}
        OR (NEW.booking_id IS NOT NULL AND NEW.booking_id IS NOT OLD.booking_id)
        OR (NEW.person_id IS NOT NULL AND NEW.person_id IS NOT OLD.person_id)
    BEGIN SELECT RAISE(ABORT, 'the consent log is only added to'); END
    """,
    # audit_may_forget() is given to every connection by directory.audit; without it a DELETE fails as well.
    """
    CREATE TRIGGER scheduling_consent_no_delete BEFORE DELETE ON scheduling_consent WHEN audit_may_forget() = 0
    BEGIN SELECT RAISE(ABORT, 'the consent log is only added to'); END
    """,
]


def make_triggers(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == 'postgresql' else SQLITE:
        schema_editor.execute(statement)


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute('DROP TRIGGER scheduling_consent_append_only ON scheduling_consent')
        schema_editor.execute('DROP FUNCTION scheduling_consent_refuse()')
    else:
        schema_editor.execute('DROP TRIGGER scheduling_consent_no_update')
        schema_editor.execute('DROP TRIGGER scheduling_consent_no_delete')


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0002_audit_log'),
        ('scheduling', '0019_embeds'),
    ]

    operations = [migrations.RunPython(make_triggers, drop_triggers)]
