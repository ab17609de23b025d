"""Our client against the application in this process."""

import httpx
from starlette.testclient import TestClient


class InProcess(httpx.BaseTransport):
    """Carries requests to the application in this process, without a socket."""

    def __init__(self, application: TestClient) -> None:
        self._application = application

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._application.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)
