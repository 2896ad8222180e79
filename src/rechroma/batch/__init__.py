"""Many pictures: find them, plan where each result goes, do the jobs on one machine, make a contact sheet."""

from rechroma.batch.find import Found, find, names_a_file
from rechroma.batch.job import Job, Outcome, Status, do
from rechroma.batch.plan import Plan, plan
from rechroma.batch.run import run, share_workers
from rechroma.batch.sheet import write_sheet

__all__ = [
    "Found",
    "Job",
    "Outcome",
    "Plan",
    "Status",
    "do",
    "find",
    "names_a_file",
    "plan",
    "run",
    "share_workers",
    "write_sheet",
]
