"""The few calls to Airflow's REST API that are needed here."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Api:
    """An API server at an address, such as `http://127.0.0.1:8080`."""

    address: str
    credentials: tuple[str, str] | None = None
    """User and password; None where everybody is let in."""
    _token: str = field(default="", repr=False)

    def get(self, path: str) -> Any:
        """The answer of GET, or None where there is nothing (404) or nobody answers yet."""
        return self._ask(path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer of POST."""
        return self._ask(path, body)

    def healthy_since(self, moment: datetime) -> dict[str, bool]:
        """For each component, whether it has been alive since then; all False while the server is not up."""
        answer = self._call("/api/v2/monitor/health", None, {}) or {}

        def alive(name: str) -> bool:
            beat = (answer.get(name) or {}).get(f"latest_{name}_heartbeat")
            return beat is not None and datetime.fromisoformat(beat) >= moment

        return {"api-server": bool(answer)} | {
            name.replace("_", "-"): alive(name) for name in ("scheduler", "dag_processor", "triggerer")
        }

    def _ask(self, path: str, body: dict[str, Any] | None) -> Any:
        if not self._token:
            login = self.credentials and dict(zip(("username", "password"), self.credentials, strict=True))
            answer = self._call("/auth/token", login, {})
            if answer is None:
                return None
            self._token = answer["access_token"]
        return self._call(f"/api/v2/{path}", body, {"Authorization": f"Bearer {self._token}"})

    def _call(self, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is ours
            self.address + path, data, {"Content-Type": "application/json", **headers}
        )
        # No proxy: it is this machine
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=20) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None


def seconds_between(start: str | None, end: str | None) -> float:
    """How long something took, from the API's timestamps; 0 where one is missing."""
    if not start or not end:
        return 0.0
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
