"""Remarks are about anything now, so that the model drops "lesson" from its name; the table keeps its own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("courses", "0016_packages")]
    operations = [
        migrations.AlterModelTable("LessonFeedback", "courses_lessonfeedback"),
        migrations.RenameModel("LessonFeedback", "Feedback"),
    ]
