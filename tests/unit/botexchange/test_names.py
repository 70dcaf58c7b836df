"""Each endpoint says what its parameters are called, so that no misspelt one is passed over."""

import pytest

from botcore.matching.refusals import VenueError
from botexchange.api.names import NOTHING, SIGNATURE, SOCKET
from botexchange.api.params import Params
from botexchange.api.table import METHODS, ROUTES

_REFUSED_ANYWAY = {"sor/order", "sor/order/test", "orderList/opo", "orderList/opoco"}
_OFFERED = {
    route: endpoint
    for route, endpoint in ROUTES.items()
    if route[1].startswith("/api/v3/") and route[1].removeprefix("/api/v3/") not in _REFUSED_ANYWAY
}


def sent(*names):
    return Params(dict.fromkeys(names, "1"))


@pytest.mark.parametrize("route", sorted(_OFFERED), ids=" ".join)
def test_path_refuses_what_it_does_not_read_and_takes_what_signs(route):
    endpoint = _OFFERED[route]
    signs = SIGNATURE if endpoint.is_signed else NOTHING
    endpoint.check_names(sent(*endpoint.names, *signs), signs)
    with pytest.raises(VenueError) as error:
        endpoint.check_names(sent("anything"), signs)
    assert error.value.code == (-1104 if endpoint.names or signs else -1101)
    with pytest.raises(VenueError, match="Too many parameters; expected"):
        endpoint.check_names(sent("anything", *endpoint.names, *signs), signs)


def test_every_method_names_its_parameters():
    bare = {name for name, endpoint in METHODS.items() if endpoint.names is None}
    assert bare == {
        "sor.order.place",
        "sor.order.test",
        "orderList.place.opo",
        "orderList.place.opoco",
    }
    for endpoint in METHODS.values():
        endpoint.check_names(sent(*SOCKET), SOCKET)
