"""Who reviews, under which lease, and what comes of it."""

import uuid

import assessments.models.graders
from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion
import simple_history.models

TABLES = [
    migrations.CreateModel(
        name='ReviewTask',
        fields=[
            ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
            ('kind', models.CharField(choices=[('first', 'first reading'), ('second', 'second reading'), ('third', 'third reading'), ('appeal', 'appeal'), ('gold', 'calibration')], default='first', max_length=8)),
            ('state', models.CharField(choices=[('waiting', 'waiting'), ('leased', 'with a grader'), ('done', 'done'), ('cancelled', 'cancelled')], default='waiting', max_length=10)),
            ('priority_class', models.PositiveSmallIntegerField(choices=[(1, 'Appeals'), (2, 'Past or near the promised date'), (3, 'Second and third readings'), (4, 'First readings')], default=4)),
            ('due_at', models.DateTimeField()),
            ('shuffle', models.PositiveIntegerField()),
            ('created_at', models.DateTimeField()),
            ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='review_tasks', to='assessments.submission')),
            ('submission_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='review_tasks', to='assessments.submissionversion')),
            ('wanted_grader', models.ForeignKey(blank=True, help_text='Who alone can mark it, because they sat in; empty for every grader.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ('asked_because', models.CharField(choices=[('handed_in', 'handed in'), ('required', 'the practical asks for so many readings'), ('new_grader', "a new grader's reading"), ('flagged', 'the checks of the recording noted something'), ('last_attempt', 'not enough to pass, and the last try comes next or was this one'), ('apart', 'two readings lie far apart'), ('monitor', 'drawn at random'), ('value', 'the outcome is uncertain enough'), ('appeal', 'the learner appealed'), ('gold', 'calibration')], db_default='handed_in', default='handed_in', max_length=12)),
            ('offered_until', models.DateTimeField(blank=True, help_text='Until then only the graders that it was offered to may draw it.', null=True)),
            ('value', models.FloatField(blank=True, help_text='By how much it was expected to lower the chance of a wrong decision, 0 to 1.', null=True)),
        ],
        options={
            'ordering': ['priority_class', 'due_at', 'shuffle'],
            'permissions': [('grade', 'Can grade submissions'), ('lead_reviews', 'Can lead the review queue')],
            'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['priority_class', 'due_at', 'shuffle'], name='review_task_claim_order')],
            'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('waiting', 'leased')), models.Q(('kind', 'gold'), _negated=True)), fields=('submission',), name='review_task_one_open_per_submission')],
        },
    ),
    migrations.CreateModel(
        name='ReviewDraft',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('data', models.JSONField(default=dict)),
            ('revision', models.PositiveIntegerField(default=0)),
            ('saved_at', models.DateTimeField()),
            ('grader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='review_drafts', to=settings.AUTH_USER_MODEL)),
            ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='assessments.reviewtask')),
        ],
        options={
            'ordering': ['-saved_at'],
            'indexes': [],
            'constraints': [models.UniqueConstraint(fields=('task', 'grader'), name='review_draft_one_per_task_and_grader')],
        },
    ),
    migrations.CreateModel(
        name='Review',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('kind', models.CharField(choices=[('first', 'first reading'), ('second', 'second reading'), ('third', 'third reading'), ('appeal', 'appeal'), ('gold', 'calibration')], max_length=8)),
            ('total', models.PositiveSmallIntegerField()),
            ('sent_at', models.DateTimeField()),
            ('grader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to=settings.AUTH_USER_MODEL)),
            ('submission_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='assessments.submissionversion')),
            ('task', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='review', to='assessments.reviewtask')),
            ('heard_percent', models.PositiveSmallIntegerField(blank=True, help_text='Of all recordings, as far as known.', null=True)),
            ('unheard_reason', models.CharField(blank=True, db_default='', help_text='Why less was enough.', max_length=300)),
        ],
        options={
            'ordering': ['sent_at'],
            'indexes': [],
            'constraints': [models.UniqueConstraint(fields=('submission_version', 'grader'), name='review_one_per_version_and_grader')],
        },
    ),
    migrations.CreateModel(
        name='Lease',
        fields=[
            ('token', models.BigAutoField(primary_key=True, serialize=False)),
            ('taken_at', models.DateTimeField()),
            ('seconds', models.PositiveIntegerField(help_text='How long each renewal holds.')),
            ('expires_at', models.DateTimeField()),
            ('released_at', models.DateTimeField(blank=True, null=True)),
            ('end', models.CharField(blank=True, choices=[('sent', 'marks sent'), ('given_back', 'given back'), ('expired', 'ran out'), ('taken_back', 'taken back by staff')], max_length=12)),
            ('reason', models.CharField(blank=True, max_length=500)),
            ('grader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leases', to=settings.AUTH_USER_MODEL)),
            ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leases', to='assessments.reviewtask')),
        ],
        options={
            'ordering': ['-token'],
            'indexes': [models.Index(condition=models.Q(('released_at__isnull', True)), fields=['expires_at'], name='lease_live_by_end'), models.Index(fields=['grader', 'task'], name='lease_by_grader_and_task')],
            'constraints': [models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('task',), name='lease_one_per_task'), models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('grader',), name='lease_one_per_grader'), models.CheckConstraint(condition=models.Q(models.Q(('end', ''), ('released_at__isnull', True)), models.Q(('released_at__isnull', False), models.Q(('end', ''), _negated=True)), _connector='OR'), name='lease_ended_says_how'), models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('taken_at'))), name='lease_ends_after_it_began')],
        },
    ),
    migrations.CreateModel(
        name='Comment',
        fields=[
            ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
            ('start_ms', models.PositiveIntegerField(blank=True, null=True)),
            ('end_ms', models.PositiveIntegerField(blank=True, null=True)),
            ('visibility', models.CharField(choices=[('learner', 'learner sees it'), ('graders', 'graders only')], default='learner', max_length=8)),
            ('text', models.TextField(max_length=4000)),
            ('revision', models.PositiveIntegerField(default=1)),
            ('saved_at', models.DateTimeField()),
            ('criterion', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='assessments.criterion')),
            ('grader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='review_comments', to=settings.AUTH_USER_MODEL)),
            ('submission_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='assessments.submissionversion')),
            ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='assessments.reviewtask')),
            ('recording', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='assessments.recording')),
        ],
        options={
            'ordering': [models.OrderBy(models.F('start_ms'), nulls_first=True), 'saved_at'],
            'indexes': [],
            'constraints': [models.CheckConstraint(condition=models.Q(('end_ms__isnull', True), models.Q(('end_ms__gte', models.F('start_ms')), ('start_ms__isnull', False)), _connector='OR'), name='comment_moments_in_order'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='comment_says_something')],
        },
    ),
    migrations.CreateModel(
        name='Mark',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('points', models.PositiveSmallIntegerField()),
            ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='assessments.criterion')),
            ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='assessments.review')),
        ],
        options={
            'ordering': ['criterion__position'],
            'constraints': [models.UniqueConstraint(fields=('review', 'criterion'), name='mark_one_per_criterion'), models.CheckConstraint(condition=models.Q(('points__range', (1, 5))), name='mark_between_one_and_five')],
            'indexes': [],
        },
    ),
    migrations.CreateModel(
        name='ReviewerPool',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('slug', models.SlugField(max_length=80, unique=True)),
            ('title', models.CharField(max_length=200)),
            ('members', models.ManyToManyField(blank=True, related_name='reviewer_pools', to=settings.AUTH_USER_MODEL)),
        ],
        options={
            'ordering': ['title'],
            'indexes': [],
            'constraints': [],
        },
    ),
    migrations.CreateModel(
        name='HistoricalReviewerPool',
        fields=[
            ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
            ('slug', models.SlugField(max_length=80)),
            ('title', models.CharField(max_length=200)),
            ('history_id', models.AutoField(primary_key=True, serialize=False)),
            ('history_date', models.DateTimeField(db_index=True)),
            ('history_change_reason', models.TextField(null=True)),
            ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
        ],
        options={
            'verbose_name': 'historical reviewer pool',
            'verbose_name_plural': 'historical reviewer pools',
            'ordering': ('-history_date', '-history_id'),
            'get_latest_by': ('history_date', 'history_id'),
            'indexes': [],
            'constraints': [],
        },
        bases=(simple_history.models.HistoricalChanges, models.Model),
    ),
    migrations.CreateModel(
        name='HistoricalReviewerPool_members',
        fields=[
            ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
            ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
            ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='assessments.historicalreviewerpool')),
            ('reviewerpool', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='assessments.reviewerpool')),
            ('user', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
        ],
        options={
            'verbose_name': 'HistoricalReviewerPool_members',
            'indexes': [],
            'constraints': [],
        },
        bases=(simple_history.models.HistoricalChanges, models.Model),
    ),
    migrations.CreateModel(
        name='Impression',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('marks', models.JSONField()),
            ('noted_at', models.DateTimeField()),
            ('grader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='impressions', to=settings.AUTH_USER_MODEL)),
            ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='impressions', to='assessments.reviewtask')),
        ],
        options={
            'ordering': ['noted_at'],
            'constraints': [models.UniqueConstraint(fields=('task', 'grader'), name='impression_one_per_task_and_grader')],
            'indexes': [],
        },
    ),
    migrations.CreateModel(
        name='GraderProfile',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('languages', models.JSONField(blank=True, default=list, help_text='Codes, e.g. ["en", "de"]; empty for all.', validators=[assessments.models.graders.check_languages])),
            ('paused_at', models.DateTimeField(blank=True, null=True)),
            ('pause_reason', models.CharField(blank=True, max_length=300)),
            ('grader', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='grader_profile', to=settings.AUTH_USER_MODEL)),
            ('personas', models.ManyToManyField(blank=True, help_text='Whose customers they judge; empty for all.', related_name='+', to='courses.persona')),
            ('is_experienced', models.BooleanField(db_default=False, default=False, help_text='Their first twenty readings are not all read a second time.', verbose_name='marked elsewhere before')),
            ('accredited_at', models.DateTimeField(blank=True, help_text='When their readings of gold qualified them.', null=True)),
        ],
        options={
            'ordering': ['grader'],
            'indexes': [],
            'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('pause_reason', ''), ('paused_at__isnull', True)), models.Q(('paused_at__isnull', False), models.Q(('pause_reason', ''), _negated=True)), _connector='OR'), name='grader_pause_has_its_reason')],
        },
    ),
    migrations.CreateModel(
        name='DutyHours',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('weekday', models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')])),
            ('starts_at', models.TimeField()),
            ('ends_at', models.TimeField()),
            ('profile', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duty_hours', to='assessments.graderprofile')),
        ],
        options={
            'verbose_name_plural': 'duty hours',
            'ordering': ['weekday', 'starts_at'],
            'indexes': [],
            'constraints': [models.CheckConstraint(condition=models.Q(('starts_at__lt', models.F('ends_at'))), name='duty_hours_in_order'), models.UniqueConstraint(fields=('profile', 'weekday', 'starts_at'), name='duty_hours_once')],
        },
    ),
    migrations.CreateModel(
        name='Absence',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('starts_on', models.DateField()),
            ('ends_on', models.DateField()),
            ('profile', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='absences', to='assessments.graderprofile')),
        ],
        options={
            'ordering': ['starts_on'],
            'indexes': [],
            'constraints': [models.CheckConstraint(condition=models.Q(('starts_on__lte', models.F('ends_on'))), name='absence_in_order')],
        },
    ),
    migrations.CreateModel(
        name='HistoricalGraderProfile',
        fields=[
            ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
            ('languages', models.JSONField(blank=True, default=list, help_text='Codes, e.g. ["en", "de"]; empty for all.', validators=[assessments.models.graders.check_languages])),
            ('paused_at', models.DateTimeField(blank=True, null=True)),
            ('pause_reason', models.CharField(blank=True, max_length=300)),
            ('history_id', models.AutoField(primary_key=True, serialize=False)),
            ('history_date', models.DateTimeField(db_index=True)),
            ('history_change_reason', models.TextField(null=True)),
            ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ('grader', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ('is_experienced', models.BooleanField(db_default=False, default=False, help_text='Their first twenty readings are not all read a second time.', verbose_name='marked elsewhere before')),
            ('accredited_at', models.DateTimeField(blank=True, help_text='When their readings of gold qualified them.', null=True)),
        ],
        options={
            'verbose_name': 'historical grader profile',
            'verbose_name_plural': 'historical grader profiles',
            'ordering': ('-history_date', '-history_id'),
            'get_latest_by': ('history_date', 'history_id'),
            'indexes': [],
            'constraints': [],
        },
        bases=(simple_history.models.HistoricalChanges, models.Model),
    ),
    migrations.CreateModel(
        name='HistoricalGraderProfile_personas',
        fields=[
            ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
            ('m2m_history_id', models.AutoField(primary_key=True, serialize=False)),
            ('graderprofile', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='assessments.graderprofile')),
            ('history', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to='assessments.historicalgraderprofile')),
            ('persona', models.ForeignKey(blank=True, db_constraint=False, db_tablespace='', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='courses.persona')),
        ],
        options={
            'verbose_name': 'HistoricalGraderProfile_personas',
            'indexes': [],
            'constraints': [],
        },
        bases=(simple_history.models.HistoricalChanges, models.Model),
    ),
    migrations.CreateModel(
        name='Offer',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('rank', models.PositiveSmallIntegerField()),
            ('grader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='assessments.reviewtask')),
        ],
        options={
            'ordering': ['task', 'rank'],
            'indexes': [],
            'constraints': [models.UniqueConstraint(fields=('task', 'grader'), name='offer_once_per_grader')],
        },
    ),
    migrations.CreateModel(
        name='ReviewPolicy',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('further_percent', models.PositiveSmallIntegerField(default=25, help_text='Readings beyond the first, for each hundred first ones, over 28 days.')),
            ('monitor_percent', models.PositiveSmallIntegerField(default=3, help_text='Drawn at random for a second reading, whatever the marks: what agreement is measured on.')),
            ('reason', models.CharField(max_length=300)),
            ('decided_at', models.DateTimeField()),
            ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
        ],
        options={
            'verbose_name_plural': 'review policies',
            'ordering': ['-decided_at', '-pk'],
            'indexes': [],
            'constraints': [models.CheckConstraint(condition=models.Q(('further_percent__lte', 200)), name='review_policy_at_most_three_readings'), models.CheckConstraint(condition=models.Q(('monitor_percent__lte', models.F('further_percent'))), name='review_policy_monitor_in_budget')],
        },
    ),
    migrations.CreateModel(
        name='RubricBeliefs',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('data', models.JSONField()),
            ('price', models.FloatField()),
            ('computed_at', models.DateTimeField()),
            ('rubric', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='beliefs', to='assessments.rubric')),
        ],
        options={
            'verbose_name_plural': 'beliefs by rubric',
            'ordering': ['rubric'],
            'indexes': [],
            'constraints': [],
        },
    ),
    migrations.CreateModel(
        name='Appeal',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('reason', models.TextField(max_length=2000)),
            ('asked_at', models.DateTimeField()),
            ('promised_at', models.DateTimeField()),
            ('against', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='appealed_by', to='assessments.decision')),
            ('task', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='appeal', to='assessments.reviewtask')),
            ('origin', models.CharField(choices=[('learner', 'the learner'), ('recheck', 'calibration of a grader')], default='learner', max_length=8)),
        ],
        options={
            'ordering': ['-asked_at'],
            'indexes': [],
            'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='appeal_has_its_reason')],
        },
    ),
    migrations.CreateModel(
        name='Listening',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('spans', models.JSONField(default=list)),
            ('noted_at', models.DateTimeField()),
            ('grader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ('recording', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assessments.recording')),
            ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='listenings', to='assessments.reviewtask')),
        ],
        options={
            'ordering': ['task', 'recording'],
            'constraints': [models.UniqueConstraint(fields=('task', 'grader', 'recording'), name='listening_one_per_recording')],
            'indexes': [],
        },
    ),
    migrations.CreateModel(
        name='ReusableComment',
        fields=[
            ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ('criterion', models.SlugField(blank=True, max_length=80)),
            ('text', models.TextField(max_length=1000)),
            ('kept_at', models.DateTimeField()),
            ('grader', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reusable_comments', to=settings.AUTH_USER_MODEL)),
            ('rubric', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='assessments.rubric')),
        ],
        options={
            'ordering': ['criterion', '-kept_at'],
            'constraints': [models.UniqueConstraint(fields=('grader', 'rubric', 'criterion', 'text'), name='reusable_comment_once'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='reusable_comment_says_something')],
            'indexes': [],
        },
    ),
]
