"""What is written to the log."""

import logging

import psycopg
from django.db import InterfaceError, OperationalError
from procrastinate.exceptions import ConnectorException

OUTAGE = (OperationalError, InterfaceError, psycopg.OperationalError, ConnectorException)


class NotAnOutage(logging.Filter):
    """Leaves out what repeats, with a page of traceback each time, that the database is gone."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, OUTAGE)
