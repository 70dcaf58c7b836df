"""People with a second factor, over HTTP."""

import re

import httpx
import pyotp

from botcore.runtime.clock import SystemClock
from tests.dashboard.process import PASSWORD, Dashboard, hidden_field

__all__ = ["App", "with_second_factor"]


class App:
    """An authenticator app: every code it gives is a newer one, as if its person had waited."""

    def __init__(self, dashboard: Dashboard, name: str, secret: str) -> None:
        self._dashboard = dashboard
        self._name = name
        self._totp = pyotp.TOTP(secret)
        self.recovery_codes: list[str] = []

    def code(self) -> str:
        """Give the code of now; what was used before is forgotten, so that no test waits half a minute."""
        self._dashboard.database.rows(
            "update kbots.second_factors f set last_step = 0 from kbots.users u"
            " where u.id = f.user_id and u.name = %s returning 1",
            (self._name,),
        )
        return self.same_code()

    def same_code(self, steps: int = 0) -> str:
        """Give the code of so many steps from now."""
        return self._totp.generate_otp(int(SystemClock().now().timestamp()) // 30 + steps)


def with_second_factor(dashboard: Dashboard, client: httpx.Client, name: str) -> App:
    """Turn the second factor on as its person does."""
    shown = client.get("/security/second-factor").text
    (secret,) = re.findall(r'data-testid="secret">([A-Z2-7]+)<', shown)
    app = App(dashboard, name, secret)
    form = {"csrf": hidden_field(shown), "current": PASSWORD, "code": app.same_code()}
    answer = client.post("/security/second-factor/on", data=form)
    assert answer.status_code == 200, answer.text
    app.recovery_codes = re.findall(r"<li>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</li>", answer.text)
    assert len(app.recovery_codes) == 10
    return app
