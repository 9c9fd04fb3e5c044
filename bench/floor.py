"""The floor: the least program that could keep what was sent (对照程序).

A bare WSGI function, served by Granian as the pages are: it reads the form, puts one row into
one table, commits, and answers with the row's number. No page, no session, no rule, no journal.
"""

import json
import os
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import psycopg

TABLE = """
    CREATE SCHEMA IF NOT EXISTS floor;
    CREATE TABLE floor.row (
        id bigserial PRIMARY KEY, mark text NOT NULL, verb text NOT NULL, said text NOT NULL,
        photo bytea, at timestamptz NOT NULL DEFAULT clock_timestamp())
"""
INSERT = "INSERT INTO floor.row (mark, verb, said, photo) VALUES (%s, %s, %s, %s) RETURNING id"
INSERT_MANY = """
    INSERT INTO floor.row (mark, verb, said)
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])
"""

_own = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Keep one form."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    kind = environ.get("CONTENT_TYPE", "")
    if kind == "application/json":
        return _many(json.loads(body), start_response)
    sent = _parts(kind, body) if kind.startswith("multipart/") else _pairs(body)
    row = (sent[b"mark"].decode(), sent[b"verb"].decode(), sent[b"said"].decode())
    found = _connection().execute(INSERT, (*row, sent.get(b"photo"))).fetchone()
    answer = str(found[0] if found else "").encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))]
    start_response("201 Created", headers)
    return [answer]


def _many(rows: list[list[str]], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Keep many rows of one request, in one transaction."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    kept = _connection().execute(INSERT_MANY, columns).rowcount
    start_response("201 Created", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok" if kept == len(rows) else b"no"]


def _pairs(body: bytes) -> dict[bytes, bytes]:
    pairs = parse_qs(body.decode("ascii"))
    return {name.encode(): values[0].encode() for name, values in pairs.items()}


def _parts(kind: str, body: bytes) -> dict[bytes, bytes]:
    found = {}
    for part in body.split(b"--" + kind.partition("boundary=")[2].encode())[1:-1]:
        head, _blank, content = part.partition(b"\r\n\r\n")
        if named := re.search(rb'name="([^"]*)"', head):
            found[named[1]] = content[:-2]
    return found


def _connection() -> "psycopg.Connection[Any]":
    """One connection for each thread; each statement is a transaction of its own."""
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(os.environ["FLOOR_DATABASE"], autocommit=True)
    connection: psycopg.Connection[Any] = _own.connection
    return connection
