"""The stand-in's Stream side: tickets, a WebSocket, frames to the app and its acknowledgements.

Source: open-dingtalk's Stream mode: a ticket from ``/v1.0/gateway/connections/open`` opens
``endpoint?ticket=``; frames {specVersion, type, headers {topic, messageId, contentType}, data}
are acknowledged with {code, headers {messageId}, message, data}.
"""

from __future__ import annotations

import json
import threading
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve


class Gateway:
    """A WebSocket server on loopback that listens from the first ticket on."""

    def __init__(self) -> None:
        self.acks: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()
        self._tickets: set[str] = set()
        self._numbers = count(1)
        self._connections: set[ServerConnection] = set()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def ticket(self) -> dict[str, str]:
        """Return an endpoint and a ticket that opens it once."""
        if self._server is None:
            self._server = serve(self._serve, "127.0.0.1", 0)
            self._thread = threading.Thread(target=self._server.serve_forever)
            self._thread.start()
        ticket = f"ticket-{next(self._numbers)}"
        with self._changed:
            self._tickets.add(ticket)
        port = self._server.socket.getsockname()[1]
        return {"endpoint": f"ws://127.0.0.1:{port}/connect", "ticket": ticket}

    def _serve(self, connection: ServerConnection) -> None:
        request = connection.request
        ticket = parse_qs(urlsplit(request.path).query).get("ticket", [""])[0] if request else ""
        with self._changed:
            if ticket not in self._tickets:
                connection.close(1008, "bad ticket")
                return
            self._tickets.discard(ticket)
            self._connections.add(connection)
            self._changed.notify_all()
        try:
            for raw in connection:
                ack = json.loads(raw)
                with self._changed:
                    self.acks[ack["headers"]["messageId"]] = ack
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                self._connections.discard(connection)

    def wait_for_client(self, timeout_s: float) -> bool:
        """Wait until an app listens; tell whether one does."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._connections), timeout_s)

    def push(
        self,
        kind: str,
        topic: str,
        data: dict[str, Any],
        message_id: str = "",
        timeout_s: float = 30,
    ) -> dict[str, Any] | None:
        """Send a frame and return its acknowledgement, None when none comes in time."""
        message_id = message_id or f"message-{next(self._numbers)}"
        headers = {"topic": topic, "messageId": message_id, "contentType": "application/json",
                   "time": "0", "eventId": message_id, "eventType": topic,
                   "eventCorpId": "corp", "eventUnifiedAppId": "app", "eventBornTime": 0}  # fmt: skip
        frame = {"specVersion": "1.0", "type": kind, "headers": headers, "data": json.dumps(data)}
        with self._changed:
            self.acks.pop(message_id, None)
            connections = list(self._connections)
        for connection in connections:
            connection.send(json.dumps(frame))
        with self._changed:
            self._changed.wait_for(lambda: message_id in self.acks, timeout_s)
            return self.acks.get(message_id)

    def close(self) -> None:
        """Stop listening."""
        with self._changed:
            connections = list(self._connections)
        for connection in connections:
            connection.close()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
