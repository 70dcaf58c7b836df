"""Forms of people who are signed in: who sent one, that it was made for their session, what is wrong with it."""

from starlette.datastructures import FormData
from starlette.requests import Request

from botcore.domain.errors import InvalidInput, NotAllowed
from botdashboard.access.policy import Actor
from botdashboard.access.tokens import is_same
from botdashboard.api.plain import actor_of, text_of
from botdashboard.services.audit import Audit
from botdashboard.services.proofs import Proof

__all__ = ["own_form", "problems_of", "proof_of"]


async def own_form(request: Request, audit: Audit) -> tuple[Actor, FormData]:
    """Read a form that was made for this session; another is refused and written down (SEC-47).

    Raises:
        NotAllowed: the token is missing or of another session.
    """
    actor = actor_of(request)
    form = await request.form()
    if not is_same(text_of(form.get("csrf")), actor.csrf_token):
        await audit.note(actor, "request.csrf", request.url.path, result="refused")
        raise NotAllowed("this form is out of date: reload the page and send it again")
    return actor, form


def proof_of(form: FormData) -> Proof:
    """Read the step-up that a form carries."""
    return Proof(password=text_of(form.get("current"))[:1024], code=text_of(form.get("code"))[:64])


def problems_of(error: InvalidInput) -> dict[str, str]:
    """Answer what to say beside which field."""
    return {one.field: one.message for one in error.problems}
