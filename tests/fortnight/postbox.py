"""A real mail server (aiosmtpd) that keeps each mail in a file named after the moment it was taken.

    python3 postbox.py PORT FOLDER

Stopping the process is the outage.
"""

import sys
import time

from aiosmtpd.controller import Controller


class Box:
    async def handle_DATA(self, server, session, envelope):
        with open(f"{sys.argv[2]}/{time.time_ns()}", "wb") as file:
            file.write(f"X-Taken-For: {','.join(envelope.rcpt_tos)}\r\n".encode() + envelope.content)
        return "250 ok"


Controller(Box(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
print("ready", flush=True)
sys.stdin.read()
