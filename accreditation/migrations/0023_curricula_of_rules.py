"""Rules keep the courses of their paths: those that are written already take what the paths have today."""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
INSERT INTO accreditation_requirementcourse (requirement_id, course_id, position)
SELECT requirement.id, step.course_id, step.position FROM accreditation_requirement requirement
JOIN courses_pathcourse step ON step.path_id = requirement.path_id
JOIN courses_course course ON course.id = step.course_id AND course.state = 'published'
"""
GUARD = """
CREATE TRIGGER requirement_course_immutable BEFORE UPDATE OR DELETE ON accreditation_requirementcourse
FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
UNGUARD = "DROP TRIGGER requirement_course_immutable ON accreditation_requirementcourse;"


class Migration(migrations.Migration):

    dependencies = [
        ('accreditation', '0022_progress_counters'),
        ('courses', '0005_fallback_persona'),
    ]

    operations = [
        migrations.CreateModel(
            name='RequirementCourse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='courses.course')),
                ('requirement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='accreditation.requirement')),
            ],
            options={
                'ordering': ['requirement', 'position'],
                'constraints': [models.UniqueConstraint(fields=('requirement', 'course'), name='requirement_course_once')],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
