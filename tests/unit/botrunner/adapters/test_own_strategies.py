"""The example package, built and installed for real, is found by its entry point and trades."""

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from botcore.domain.errors import InvalidInput
from botcore.resources.trading_bot import TradingBotSpec
from botcore.resources.validation import parse_trading_bot
from botrunner.adapters.own_strategies import load_own_strategies
from botrunner.trading.rules import Rules, rules_of
from botrunner.trading.strategies import own
from botrunner.trading.strategies.registry import warm_up_candles
from tests.support.manifests import a_bot
from tests.support.sources import ROOT
from tests.support.trading import an_instrument, candle, decisions, filled, leased, placed, play

EXAMPLE = ROOT / "examples" / "own-strategy"
BROKEN = """
[kbots.strategies]
absent = no_such_package
empty = json
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it into a folder of its own, as the example's Dockerfile does."""
    target = tmp_path_factory.mktemp("own-strategies")
    uv = Path(sys.executable).with_name("uv")
    options = (
        "--quiet",
        "--offline",
        "--no-deps",
        "--no-build-isolation",
        "--python",
        sys.executable,
    )
    subprocess.run([uv, "pip", "install", *options, "--target", target, EXAMPLE], check=True)
    return target


@pytest.fixture
def loaded(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(installed)
    load_own_strategies()
    yield
    own.install({})
    sys.modules.pop("kbots_breakout", None)


def a_spec(entry_point: str = "breakout", **settings: str) -> TradingBotSpec:
    strategy = {
        "name": "mine", "type": "custom", "symbols": ["BTCUSDT"], "interval": "1m", "capital": "1000",
        "params": {"entryPoint": entry_point, "settings": settings, "stopLossPercent": "5"},
    }  # fmt: skip
    return parse_trading_bot(a_bot("own", strategies=[strategy])).spec


def rules_from(spec: TradingBotSpec) -> Rules:
    return rules_of(
        spec,
        bot_uid="0a1b2c3d-0000-4000-8000-000000000001",
        generation=1,
        instruments={"BTCUSDT": an_instrument()},
    )


@pytest.mark.usefixtures("loaded")
def test_example_trades_its_breakout_in_and_out() -> None:
    in_force = rules_from(a_spec(entry_candles="3", exit_candles="2"))
    prices = ("100", "101", "100", "100.5", "103")

    step = play(leased(in_force), in_force, *(candle(n, p) for n, p in enumerate(prices)))
    (entry,) = placed(step)
    after = play(step.state, in_force, filled(entry, "103"), candle(6, "104"), candle(7, "102"))

    assert warm_up_candles(in_force.strategies[0].params) == 3
    assert decisions(step)[0] == ("Hold", "warming up, 3 candles to go")
    assert decisions(step)[-1] == ("Enter", "close is above the highest high 101")
    assert decisions(after)[-1] == ("Exit", "close is below the lowest low 103")
    assert entry.strategy == "mine"
    assert in_force.strategies[0].params.stop_loss_percent == Decimal(5)


@pytest.mark.usefixtures("loaded")
def test_bad_setting_of_the_example_is_refused_before_anything_trades() -> None:
    with pytest.raises(InvalidInput) as refused:
        rules_from(a_spec(entry_candles="1"))

    (problem,) = refused.value.problems
    assert problem.field == "spec.strategies[0].params.settings.entry_candles"


def test_image_without_the_package_refuses_its_name() -> None:
    load_own_strategies()

    with pytest.raises(InvalidInput, match="no strategy breakout is in this image, found: none"):
        rules_from(a_spec())


@pytest.mark.usefixtures("loaded")
def test_broken_packages_are_told_apart_and_harm_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "broken-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)

    load_own_strategies()

    assert rules_from(a_spec()).strategies
    with pytest.raises(InvalidInput, match="absent can't be loaded: ModuleNotFoundError"):
        rules_from(a_spec("absent"))
    with pytest.raises(InvalidInput, match="json lacks Settings, warm_up_candles or on_candle"):
        rules_from(a_spec("empty"))
