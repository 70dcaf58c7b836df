"""What ccxt has to be told to talk to us: addresses and keys, nothing else."""

__all__ = ["settings"]


def settings(place, account):
    """Give the settings of one account."""
    http, ws = place["http"], place["ws"]
    api = dict.fromkeys(("public", "private"), f"{http}/api/v3")
    api["v1"] = f"{http}/api/v1"
    api |= {name: f"{http}/sapi/{version}" for name, version in _SAPI.items()}
    api["ws"] = {"spot": f"{ws}/ws", "margin": f"{ws}/ws", "ws-api": {"spot": f"{ws}/ws-api/v3"}}
    return {
        "apiKey": place["accounts"][account]["apiKey"],
        "secret": place["accounts"][account]["apiSecret"],
        "has": {"swap": False, "future": False, "option": False, "margin": False},
        "options": {
            "defaultType": "spot",
            "fetchMarkets": {"types": ["spot"]},
            "fetchMargins": False,
        },
        "urls": {"api": api},
    }


_SAPI = {"sapi": "v1", "sapiV2": "v2", "sapiV3": "v3", "sapiV4": "v4"}
