"""Many pictures: find them, plan where each result goes, do the jobs on one machine, make a contact sheet."""

from rechroma.batch.find import Anew, Findings, Found, LeftOut, Unread, counted, find, scan
from rechroma.batch.job import Job, Outcome, State, Status, do
from rechroma.batch.plan import Plan, names_a_file, plan
from rechroma.batch.run import run, share_workers, sort_out
from rechroma.batch.sheet import check_sheet, write_sheet
from rechroma.batch.standing import asked
from rechroma.batch.watch import Arrivals, arrivals

__all__ = [
    "Anew",
    "Arrivals",
    "Findings",
    "Found",
    "Job",
    "LeftOut",
    "Outcome",
    "Plan",
    "State",
    "Status",
    "Unread",
    "arrivals",
    "asked",
    "check_sheet",
    "counted",
    "do",
    "find",
    "names_a_file",
    "plan",
    "run",
    "scan",
    "share_workers",
    "sort_out",
    "write_sheet",
]
