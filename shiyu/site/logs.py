"""What is written to the log."""

import logging

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException

from shiyu.api.keys import hidden

_FORMAT = logging.Formatter()
OUTAGE = (OperationalError, InterfaceError, psycopg.OperationalError, ConnectorException)


class WithoutKeys(logging.Filter):
    """Leaves of an interface's key only its visible part, wherever it stands in a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "shiyu_" in (line := record.getMessage()) and hidden(line) != line:
            record.msg, record.args = hidden(line), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = hidden(_FORMAT.formatException(record.exc_info))
        return True


class NotAnOutage(logging.Filter):
    """Leaves out what repeats, with a page of traceback each time, that the database is gone."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, OUTAGE)
