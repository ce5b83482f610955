"""Small processes with the platform's commands, so that the stack is tested without the platform."""

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ.get("JOURNEYMAN_SMTP_URL", "").encode())


def migrate():
    import psycopg  # noqa: PLC0415  the serving processes start sooner without it

    with psycopg.connect(os.environ["JOURNEYMAN_OWNER_DATABASE_URL"]) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz NOT NULL DEFAULT now())")
        owner.execute("INSERT INTO starts DEFAULT VALUES")


def serve():
    for variable in ("JOURNEYMAN_LISTEN", "JOURNEYMAN_OPS_LISTEN"):
        if variable in os.environ:
            host, _, port = os.environ[variable].partition(":")
            server = ThreadingHTTPServer((host, int(port)), Page)
            threading.Thread(target=server.serve_forever).start()


def main():
    if sys.argv[-1] == "migrate":
        migrate()
    elif sys.argv[-1] != "seed-demo":
        serve()
