"""`kbots-operator set-up`: the platform's Secrets, made once."""

from botoperator.adapters.kube_client import open_client
from botoperator.adapters.kube_secrets import KubeSecrets
from botoperator.services.set_up import SetUp, SetUpNames
from botoperator.settings import SetUpSettings

__all__ = ["run_set_up"]


async def run_set_up(settings: SetUpSettings) -> None:
    """Make what is missing.

    Raises:
        InvalidInput: a Secret of this name holds something else.
        Transient: the API server did not answer in time.
    """
    names = SetUpNames(system=settings.system_namespace, web=settings.web_namespace)
    async with open_client() as client:
        await SetUp(KubeSecrets(client), names).run()
