"""What practicals may ask for beside recordings and notes: worksheets, links, files, agreements; and who reads them."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0026_fewer_indexes'),
        ('courses', '0004_lesson_kind_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordingDisclosure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('basis', models.CharField(choices=[('consent', 'every speaker consented'), ('contract', 'our contract with the customer allows it'), ('interest', 'legitimate interest, weighed and written down')], max_length=10, verbose_name='lawful basis')),
                ('speakers', models.JSONField(blank=True, default=list)),
                ('redaction', models.CharField(choices=[('not_needed', 'nothing in it needs to be taken out'), ('done', 'taken out'), ('to_do', 'still to be taken out')], max_length=10)),
                ('purge_on', models.DateField(help_text='The recording is deleted on this day at the latest.', verbose_name='purge on')),
                ('declared_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['place'],
            },
        ),
        migrations.CreateModel(
            name='ReviewerPool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('title', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['title'],
            },
        ),
        migrations.CreateModel(
            name='SubmissionFile',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('size', models.PositiveIntegerField(help_text='Bytes.')),
                ('sha256', models.CharField(max_length=64)),
                ('sent_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['sent_at'],
            },
        ),
        migrations.CreateModel(
            name='SubmissionLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.URLField(max_length=500, verbose_name='address')),
                ('title', models.CharField(max_length=200, verbose_name='what it shows')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='practical',
            name='practical_asks_for_recording_or_notes',
        ),
        migrations.RenameField(
            model_name='submission',
            old_name='notes_revision',
            new_name='revision',
        ),
        migrations.AddField(
            model_name='historicalpractical',
            name='disclosure',
            field=models.CharField(choices=[('none', 'nobody else is heard'), ('partner', 'the partner of a role-play'), ('customers', 'real customers')], default='none', help_text='Whose agreement recordings need.', max_length=10),
        ),
        migrations.AddField(
            model_name='historicalpractical',
            name='evidence_prompt',
            field=models.TextField(blank=True, help_text='Markdown: what links and files should show.'),
        ),
        migrations.AddField(
            model_name='historicalpractical',
            name='files_required',
            field=models.PositiveSmallIntegerField(default=0, help_text='How many files at least.'),
        ),
        migrations.AddField(
            model_name='historicalpractical',
            name='links_required',
            field=models.PositiveSmallIntegerField(default=0, help_text='How many links at least.'),
        ),
        migrations.AddField(
            model_name='historicalpractical',
            name='takes_evidence',
            field=models.BooleanField(default=False, verbose_name='takes links and files'),
        ),
        migrations.AddField(
            model_name='historicalpractical',
            name='worksheet',
            field=models.JSONField(blank=True, default=list, help_text='A list of fields, see rules/worksheets.py.'),
        ),
        migrations.AddField(
            model_name='practical',
            name='calls',
            field=models.ManyToManyField(blank=True, help_text='Call recordings to hear.', related_name='practicals', to='courses.lesson'),
        ),
        migrations.AddField(
            model_name='practical',
            name='disclosure',
            field=models.CharField(choices=[('none', 'nobody else is heard'), ('partner', 'the partner of a role-play'), ('customers', 'real customers')], default='none', help_text='Whose agreement recordings need.', max_length=10),
        ),
        migrations.AddField(
            model_name='practical',
            name='evidence_prompt',
            field=models.TextField(blank=True, help_text='Markdown: what links and files should show.'),
        ),
        migrations.AddField(
            model_name='practical',
            name='files_required',
            field=models.PositiveSmallIntegerField(default=0, help_text='How many files at least.'),
        ),
        migrations.AddField(
            model_name='practical',
            name='links_required',
            field=models.PositiveSmallIntegerField(default=0, help_text='How many links at least.'),
        ),
        migrations.AddField(
            model_name='practical',
            name='takes_evidence',
            field=models.BooleanField(default=False, verbose_name='takes links and files'),
        ),
        migrations.AddField(
            model_name='practical',
            name='worksheet',
            field=models.JSONField(blank=True, default=list, help_text='A list of fields, see rules/worksheets.py.'),
        ),
        migrations.AlterField(
            model_name='submission',
            name='revision',
            field=models.PositiveIntegerField(default=0, help_text='Of notes and worksheet together.'),
        ),
        migrations.AddField(
            model_name='submission',
            name='worksheet',
            field=models.JSONField(blank=True, default=dict, help_text='What was typed, by field.'),
        ),
        migrations.AddField(
            model_name='submissionversion',
            name='disclosures',
            field=models.JSONField(blank=True, default=list, help_text='As they were declared, by place.'),
        ),
        migrations.AddField(
            model_name='submissionversion',
            name='links',
            field=models.JSONField(blank=True, default=list, help_text='A list of {url, title}.'),
        ),
        migrations.AddField(
            model_name='submissionversion',
            name='worksheet',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name='historicalpractical',
            name='kind',
            field=models.CharField(choices=[('recorded_demo', 'recorded demo'), ('call_listening', 'call listening'), ('role_play', 'role-play'), ('customer_calls', 'recorded customer calls'), ('roi_case', 'ROI case'), ('sandbox_build', 'sandbox build'), ('capstone', 'capstone deal simulation'), ('customer_engagement', 'customer engagement'), ('account_plan_defence', 'account plan defence')], max_length=24),
        ),
        migrations.AlterField(
            model_name='practical',
            name='kind',
            field=models.CharField(choices=[('recorded_demo', 'recorded demo'), ('call_listening', 'call listening'), ('role_play', 'role-play'), ('customer_calls', 'recorded customer calls'), ('roi_case', 'ROI case'), ('sandbox_build', 'sandbox build'), ('capstone', 'capstone deal simulation'), ('customer_engagement', 'customer engagement'), ('account_plan_defence', 'account plan defence')], max_length=24),
        ),
        migrations.AddField(
            model_name='recordingdisclosure',
            name='declared_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='recordingdisclosure',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disclosures', to='assessments.submission'),
        ),
        migrations.AddField(
            model_name='reviewerpool',
            name='members',
            field=models.ManyToManyField(blank=True, related_name='reviewer_pools', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalpractical',
            name='reviewer_pool',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='Who reads it; empty for every grader.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='assessments.reviewerpool'),
        ),
        migrations.AddField(
            model_name='practical',
            name='reviewer_pool',
            field=models.ForeignKey(blank=True, help_text='Who reads it; empty for every grader.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='practicals', to='assessments.reviewerpool'),
        ),
        migrations.AddConstraint(
            model_name='practical',
            constraint=models.CheckConstraint(condition=models.Q(('recordings_required__gte', 1), ('notes_required', True), ('links_required__gte', 1), ('files_required__gte', 1), models.Q(('worksheet', []), _negated=True), _connector='OR'), name='practical_asks_for_something'),
        ),
        migrations.AddConstraint(
            model_name='practical',
            constraint=models.CheckConstraint(condition=models.Q(('takes_evidence', True), models.Q(('files_required', 0), ('links_required', 0)), _connector='OR'), name='practical_takes_the_evidence_it_requires'),
        ),
        migrations.AddField(
            model_name='submissionfile',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='assessments.submission'),
        ),
        migrations.AddField(
            model_name='submissionversion',
            name='files',
            field=models.ManyToManyField(blank=True, related_name='versions', to='assessments.submissionfile'),
        ),
        migrations.AddField(
            model_name='submissionlink',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='assessments.submission'),
        ),
        migrations.AddConstraint(
            model_name='recordingdisclosure',
            constraint=models.UniqueConstraint(fields=('submission', 'place'), name='disclosure_one_per_recording'),
        ),
        migrations.AddConstraint(
            model_name='recordingdisclosure',
            constraint=models.CheckConstraint(condition=models.Q(('place__gte', 1)), name='disclosure_place_from_one'),
        ),
        migrations.AddConstraint(
            model_name='submissionfile',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at__isnull', True)), fields=('submission', 'sha256'), name='submission_file_once'),
        ),
        migrations.AddConstraint(
            model_name='submissionfile',
            constraint=models.CheckConstraint(condition=models.Q(('size__gte', 1)), name='submission_file_has_bytes'),
        ),
        migrations.AddConstraint(
            model_name='submissionlink',
            constraint=models.UniqueConstraint(fields=('submission', 'url'), name='submission_link_once'),
        ),
    ]
